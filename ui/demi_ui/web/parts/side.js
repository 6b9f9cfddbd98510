// The way through sites and stacks, and the four counts.
import { h } from "vue";
import { STATES, WORDS, badge, icon } from "demi-page/marks.js";

export const Side = {
  props: ["tree", "view", "everything"],
  emits: ["look"],
  methods: {
    entry(label, mark, isCurrent, count, change, extra) {
      return h("button", {
        class: ["demi-entry", { "demi-current": isCurrent }], "aria-current": isCurrent ? "true" : undefined,
        onClick: () => this.$emit("look", change),
      }, [icon(mark), h("span", { class: "demi-entry-name" }, label), extra, h("span", { class: "demi-number" }, String(count))]);
    },
    node([path, name, depth, critical, warning, total, site]) {
      const stack = depth ? name : "";
      const isCurrent = this.view.site === site && this.view.stack === stack;
      return h("li", { key: path }, [
        h("button", {
          class: ["demi-node", `demi-depth-${depth}`, { "demi-current": isCurrent }],
          "aria-current": isCurrent ? "true" : undefined,
          onClick: () => this.$emit("look", isCurrent ? { site: "", stack: "" } : { site, stack }),
        }, [
          h("span", { class: "demi-entry-name" }, [h("bdi", name)]),
          badge("critical", critical),
          badge("warning", warning),
          h("span", { class: "demi-number" }, String(total)),
        ]),
      ]);
    },
  },
  render() {
    const sites = this.tree.filter((node) => node[2] === 0);
    const [critical, warning] = [3, 4].map((place) => sites.reduce((sum, node) => sum + node[place], 0));
    const { site, stack, state } = this.view;
    return h("nav", { class: "demi-side", "aria-label": "Sites and stacks" }, [
      this.entry("All services", "menu", !site && !stack && !state, this.everything, { site: "", stack: "", state: "" }),
      this.entry("Needs attention", "warning", state === "attention", critical + warning, { state: state === "attention" ? "" : "attention" }),
      h("h2", { class: "demi-side-title" }, "Sites and stacks"),
      h("ul", { class: "demi-tree" }, this.tree.map((node) => this.node(node))),
    ]);
  },
};

export function tiles(counts, view, look) {
  return h("div", { class: "demi-tiles", role: "group", "aria-label": "Show only one state" }, STATES.map((state) =>
    h("button", {
      key: state,
      class: ["demi-tile", `demi-is-${state}`, { "demi-zero": !counts[state], "demi-pressed": view.state === state }],
      "aria-pressed": String(view.state === state),
      onClick: () => look({ state: view.state === state ? "" : state }),
    }, [
      h("span", { class: "demi-tile-count" }, String(counts[state] ?? 0)),
      h("span", { class: "demi-tile-word" }, [icon(state), WORDS[state] === "no check" ? "No health check" : state[0].toUpperCase() + state.slice(1)]),
    ])));
}
