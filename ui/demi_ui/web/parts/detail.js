// All that is known of one service, beside the list.
import { h } from "vue";
import { copy } from "demi-page/copy.js";
import { icon, link, pill } from "demi-page/marks.js";
import { since, tick } from "demi-page/time.js";

const COPIED_MS = 1500;

export const Detail = {
  props: ["detail"],
  emits: ["close"],
  data: () => ({ copied: "" }),
  mounted() {
    tick(this.$el);
    this.$el.focus({ preventScroll: true });
  },
  updated() {
    tick(this.$el);
  },
  methods: {
    copyButton(text, what) {
      const isCopied = this.copied === what;
      return h(
        "button",
        {
          class: "demi-button-icon demi-copy", "aria-label": `Copy ${what}`, title: `Copy ${what}`,
          onClick: async () => {
            this.copied = (await copy(text)) ? what : "";
            setTimeout(() => (this.copied = ""), COPIED_MS);
          },
        },
        [icon(isCopied ? "passing" : "copy")],
      );
    },
    fact(name, value, what = "") {
      return h("div", { class: "demi-fact" }, [
        h("dt", name),
        h("dd", { class: "demi-mono" }, [h("bdi", value), what ? this.copyButton(value, what) : null]),
      ]);
    },
    part(title, content) {
      return h("section", { class: "demi-part" }, [h("h3", title), ...content]);
    },
    check(check) {
      return h("div", { class: ["demi-check", `demi-is-${check.state}`] }, [
        h("div", { class: "demi-check-head" }, [
          pill(check.state),
          h("span", { class: "demi-check-name" }, [h("bdi", check.name), check.isOfNode ? " (of the host)" : ""]),
        ]),
        check.short ? h("div", { class: "demi-reason" }, [h("bdi", check.short)]) : null,
        check.output ? h("pre", { class: "demi-output", tabindex: 0, "aria-label": "What the check says" }, check.output) : null,
      ]);
    },
    instance(instance, index, many) {
      return this.part(many ? `Instance ${index + 1}` : "Instance", [
        many ? pill(instance.state) : null,
        many ? h("div", { class: "demi-actions" }, this.links(instance)) : null,
        h("dl", [
          instance.url ? this.fact("URL", instance.url, `URL of ${instance.address}`) : null,
          ...instance.facts.map(([name, value]) =>
            this.fact(name, value, name === "Host" || name === "Container" ? `${name.toLowerCase()} ${value}` : "")),
        ]),
        ...(instance.checks.length
          ? instance.checks.map((check) => this.check(check))
          : [h("p", { class: "demi-soft" }, "Nothing checks it. A label `health` or a port makes Consul ask.")]),
      ]);
    },
    links(instance) {
      return instance.links.map(([name, href], place) =>
        link(name, href, ["demi-button", { "demi-first": place === 0 }], `${name}: ${href}`, name === "Swagger" ? "docs" : "open"));
    },
    keys(detail) {
      if (detail.keysError) return [h("p", { class: "demi-reason" }, detail.keysError)];
      if (!detail.keys.length) return [h("p", { class: "demi-soft" }, "No keys below its name.")];
      return [h("dl", { class: "demi-keys" }, detail.keys.map(([path, value, isHeld]) =>
        h("div", { class: "demi-key" }, [
          h("dt", { class: "demi-mono" }, [
            h("bdi", { title: path }, path.split("/").slice(4).join("/") || path),
            isHeld ? null : h("span", { class: "demi-kind" }, "by hand"),
          ]),
          h("dd", [h("div", { class: "demi-value", tabindex: value.length > 300 ? 0 : undefined }, [h("bdi", value)]), this.copyButton(value, `key ${path}`)]),
        ])))];
    },
    body(detail) {
      if (detail.gone)
        return [h("p", { class: "demi-soft" }, "It is not registered now. Is its container running? demi problems says what is wrong with labels.")];
      const many = detail.instances.length > 1;
      return [
        h("p", { class: "demi-state" }, [pill(detail.state), since(h, "span", "demi-soft", detail.since, detail.exact, "for ")]),
        detail.reason ? h("p", { class: ["demi-reason", `demi-is-${detail.state}`] }, [h("bdi", detail.reason)]) : null,
        detail.description ? h("p", [h("bdi", detail.description)]) : null,
        many ? null : h("div", { class: "demi-actions" }, this.links(detail.instances[0])),
        ...detail.instances.map((instance, index) => this.instance(instance, index, many)),
        this.part("Names", [h("dl", [
          detail.category ? this.fact("Category", detail.category) : null,
          this.fact("Name", detail.key, "name"),
          ...detail.dns.map((name) => this.fact("DNS", name, `DNS name ${name}`)),
        ])]),
        this.part("Labels and keys", this.keys(detail)),
      ];
    },
  },
  render() {
    const detail = this.detail;
    return h("aside", { class: "demi-detail", tabindex: -1, "aria-label": `Details of ${detail.name}` }, [
      h("div", { class: "demi-detail-head" }, [
        h("div", [
          h("h2", [h("bdi", detail.name)]),
          detail.gone ? null : h("div", { class: "demi-soft" }, `${detail.site} / ${detail.stack}`),
        ]),
        h("button", { class: "demi-button-icon", "aria-label": "Close details", title: "Close (Esc)", onClick: () => this.$emit("close") }, [icon("close")]),
      ]),
      ...this.body(detail),
      h("div", { class: "demi-hidden", "aria-live": "polite" }, this.copied ? `Copied ${this.copied}` : ""),
    ]);
  },
};
