// The list of services. Rows are arrays; `Row.wire` in demi_ui/rows.py says what stands where.
import { h, nextTick } from "vue";
import { badge, icon, link, pill } from "demi-page/marks.js";
import { since, tick } from "demi-page/time.js";

const [KEY, STATE, NAME, SITE, STACK, DESCRIPTION, REASON, ADDRESS, CATEGORY, SINCE, EXACT, URL_, SWAGGER] =
  Array(15).keys();
const COLLAPSE_FROM = 60;
const stackOf = (row) => `${encodeURIComponent(row[SITE])}/${encodeURIComponent(row[STACK])}`;
const isBad = (row) => row[STATE] === "critical" || row[STATE] === "warning";

const Row = {
  props: ["row", "selected", "tabbable", "index"],
  render() {
    const row = this.row;
    const name = `${row[SITE]}/${row[STACK]}/${row[NAME]}`;
    const path = h("span", { class: "demi-path" }, `${row[SITE]} / ${row[STACK]}`);
    return h(
      "div",
      {
        role: "row",
        class: ["demi-row", `demi-is-${row[STATE]}`, { "demi-selected": this.selected, "demi-bad": isBad(row) }],
        "data-demi-key": row[KEY],
        "aria-rowindex": this.index,
        "aria-selected": this.selected ? "true" : "false",
        tabindex: this.tabbable ? 0 : -1,
      },
      [
        h("div", { role: "gridcell", class: "demi-cell-state" }, [pill(row[STATE])]),
        h("div", { role: "gridcell", class: "demi-cell-name" }, [
          h("div", { class: "demi-line demi-name" }, [h("bdi", row[NAME]), " ", isBad(row) ? path : null]),
          h("div", { class: "demi-line demi-soft" }, [h("bdi", row[DESCRIPTION] || row[CATEGORY] || "no description")]),
        ]),
        h("div", { role: "gridcell", class: "demi-cell-since" }, [
          since(h, "span", "demi-since", row[SINCE], row[EXACT]),
        ]),
        h("div", { role: "gridcell", class: "demi-cell-reason" }, [
          row[REASON] ? h("div", { class: "demi-line demi-reason", title: row[REASON] }, [h("bdi", row[REASON])]) : null,
          h("div", { class: "demi-line demi-mono" }, [h("bdi", row[ADDRESS])]),
        ]),
        h("div", { role: "gridcell", class: "demi-cell-kind" }, [
          row[CATEGORY] ? h("span", { class: "demi-kind" }, [h("bdi", row[CATEGORY])]) : null,
        ]),
        h("div", { role: "gridcell", class: "demi-cell-links" }, [
          row[SWAGGER] ? link("", row[SWAGGER], "demi-button-icon", `API documentation of ${name}`, "docs") : null,
          row[URL_] ? link("", row[URL_], "demi-button-icon", `Open ${name}`, "open") : null,
        ]),
      ],
    );
  },
};

export const List = {
  props: ["rows", "tree", "selected", "isFiltered"],
  emits: ["open"],
  data: () => ({ current: null, toggled: {} }),
  computed: {
    sections() {
      const found = [];
      for (const row of this.rows) {
        const key = isBad(row) ? "" : stackOf(row);
        if (found.at(-1)?.key !== key) found.push({ key, site: row[SITE], stack: row[STACK], rows: [] });
        found.at(-1).rows.push(row);
      }
      const fold = !this.isFiltered && this.rows.length > COLLAPSE_FROM;
      for (const section of found) section.isOpen = this.toggled[section.key] ?? (section.key === "" || !fold);
      return found;
    },
    visible() {
      return this.sections.flatMap((section) => (section.isOpen ? section.rows : []));
    },
    tabbable() {
      return this.visible.some((row) => row[KEY] === this.current) ? this.current : this.visible[0]?.[KEY];
    },
    stacks() {
      return new Map(this.tree.map((node) => [node[0], node]));
    },
  },
  mounted() {
    tick(this.$el);
  },
  updated() {
    tick(this.$el);
  },
  methods: {
    clicked(event) {
      const section = event.target.closest("[data-demi-section]");
      if (section) this.toggle(section.dataset.demiSection);
      if (event.target.closest("a")) return;
      const key = event.target.closest("[data-demi-key]")?.dataset.demiKey;
      if (key && !String(getSelection())) this.choose(key);
    },
    choose(key) {
      this.current = key;
      this.$emit("open", key);
    },
    toggle(key) {
      const section = this.sections.find((each) => each.key === key);
      this.toggled = { ...this.toggled, [key]: !section.isOpen };
    },
    pressed(event) {
      const at = event.target.closest?.("[data-demi-key]");
      if (!at || event.ctrlKey || event.altKey || event.metaKey) return;
      const index = this.visible.findIndex((row) => row[KEY] === at.dataset.demiKey);
      const last = this.visible.length - 1;
      const to = { ArrowDown: index + 1, j: index + 1, ArrowUp: index - 1, k: index - 1, Home: 0, End: last,
        PageDown: index + 10, PageUp: index - 10 }[event.key];
      if (event.key === "Enter" && event.target === at) this.choose(at.dataset.demiKey);
      else if (to !== undefined) this.focusRow(Math.min(last, Math.max(0, to)));
      else return;
      event.preventDefault();
    },
    focusRow(index) {
      this.current = this.visible[index]?.[KEY];
      nextTick(() => {
        const element = this.$el.querySelector(`[data-demi-key="${CSS.escape(this.current ?? "")}"]`);
        element?.focus({ preventScroll: true });
        element?.scrollIntoView({ block: "nearest" });
      });
    },
    focused(event) {
      const key = event.target.dataset?.demiKey;
      if (key) this.current = key;
    },
    header(section) {
      const id = section.key;
      const toggle = (content) =>
        h("button", { class: "demi-fold", "data-demi-section": id, "aria-expanded": String(section.isOpen) }, [
          icon("chevron", section.isOpen ? "demi-turned" : ""),
          ...content,
        ]);
      if (id === "")
        return toggle([h("strong", "Needs attention"), h("span", { class: "demi-number demi-start" }, String(section.rows.length))]);
      const [, , , critical, warning, total] = this.stacks.get(id) ?? [id, id, 1, 0, 0, section.rows.length];
      const rest = critical + warning ? `${section.rows.length} of ${total}` : String(total);
      return toggle([
        h("span", { class: "demi-soft" }, section.site),
        h("span", { class: "demi-soft" }, "/"),
        h("strong", section.stack),
        h("span", { class: "demi-number demi-start" }, rest),
        badge("critical", critical),
        badge("warning", warning),
        critical + warning ? null : h("span", { class: "demi-well demi-is-passing" }, [icon("passing"), "all well"]),
      ]);
    },
  },
  render() {
    const columns = [
      ["state", "State"], ["name", "Service"], ["since", "Since"], ["reason", "Reason / address"],
      ["kind", "Category"], ["links", "Links"],
    ];
    let index = 1;
    return h(
      "div",
      {
        class: "demi-list", role: "grid", "aria-label": "Services", "aria-readonly": "true",
        "aria-rowcount": this.rows.length + 1, onClick: this.clicked, onKeydown: this.pressed, onFocusin: this.focused,
      },
      [
        h("div", { role: "rowgroup" }, [
          h("div", { role: "row", class: "demi-columns", "aria-rowindex": 1 },
            columns.map(([id, text]) => h("div", { role: "columnheader", class: `demi-cell-${id}` }, text))),
        ]),
        ...this.sections.map((section) =>
          h("div", { role: "rowgroup", key: section.key, class: ["demi-section", { "demi-attention": section.key === "" }] }, [
            h("div", { role: "row", class: "demi-group" }, [
              h("div", { role: "gridcell", "aria-colspan": columns.length }, [this.header(section)]),
            ]),
            ...(section.isOpen
              ? section.rows.map((row) =>
                  h(Row, {
                    key: row[KEY], row, index: (index += 1), selected: row[KEY] === this.selected,
                    tabbable: row[KEY] === this.tabbable,
                  }))
              : []),
          ])),
      ],
    );
  },
};
