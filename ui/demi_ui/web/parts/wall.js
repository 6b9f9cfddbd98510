// A screen on a wall: what is wrong, in letters that carry five metres, and a clock that shows it lives.
import { h } from "vue";
import { icon } from "demi-page/marks.js";
import { clock, serverNow, since, tick } from "demi-page/time.js";

export const Wall = {
  props: ["rows", "tree", "headline", "trouble", "isAlive", "banner", "now"],
  mounted() {
    tick(this.$el);
  },
  updated() {
    tick(this.$el);
  },
  methods: {
    tile(row) {
      const [key, state, name, site, stack, , reason, , , at, exact] = row;
      return h("div", { key, class: ["demi-wall-tile", `demi-is-${state}`], role: "listitem" }, [
        h("div", { class: "demi-wall-name" }, [icon(state), h("bdi", name)]),
        h("div", { class: "demi-line" }, `${site} / ${stack}`),
        h("div", { class: "demi-line demi-wall-reason" }, [h("bdi", reason)]),
        since(h, "div", "demi-wall-since", at, exact, `${state} for `),
      ]);
    },
    site(node) {
      const [path, name, , critical, warning, total] = node;
      const state = critical ? "critical" : warning ? "warning" : "passing";
      return h("div", { key: path, class: ["demi-wall-site", `demi-is-${state}`], role: "listitem" }, [
        icon(state),
        h("strong", name),
        h("span", `${total - critical - warning} of ${total} well`),
      ]);
    },
  },
  render() {
    const bad = this.rows.filter((row) => row[1] === "critical" || row[1] === "warning");
    const level = this.trouble || !this.isAlive ? "unchecked" : this.headline.level;
    return h("div", { class: ["demi-wall", { "demi-wall-few": bad.length <= 6 }] }, [
      h("div", { class: ["demi-wall-head", `demi-is-${level}`] }, [
        icon(level === "empty" ? "unchecked" : level, "demi-wall-icon"),
        h("div", { class: "demi-wall-words" }, [
          h("h1", this.headline.text),
          this.headline.since
            ? since(h, "p", "", this.headline.since, this.headline.exact, this.headline.level === "passing" ? "no change for " : this.headline.many ? "longest for " : "for ")
            : null,
        ]),
        h("div", { class: ["demi-heart", { "demi-heart-still": !this.isAlive || this.trouble }] }, [
          h("span", { class: "demi-heart-dot" }),
          h("time", clock(this.now || serverNow())),
        ]),
      ]),
      this.banner,
      bad.length ? h("div", { class: "demi-wall-tiles", role: "list", "aria-label": "What needs attention" }, bad.map((row) => this.tile(row))) : null,
      h("div", { class: "demi-wall-sites", role: "list", "aria-label": "Sites" }, this.tree.filter((node) => node[2] === 0).map((node) => this.site(node))),
    ]);
  },
};
