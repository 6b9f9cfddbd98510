// The page. It gets numbered differences from demi_ui/element.py, and says which view is wanted.
import { h, markRaw, shallowReactive } from "vue";
import { Detail } from "demi-page/detail.js";
import { List } from "demi-page/list.js";
import { applied } from "demi-page/lists.js";
import { Side, tiles } from "demi-page/side.js";
import { serverNow, setServerTime, tick } from "demi-page/time.js";
import { banner, filters, header, nextTheme, nothing } from "demi-page/top.js";
import { Wall } from "demi-page/wall.js";

const LISTS = ["rows", "tree"];
const PARTS = ["view", "counts", "headline", "choices", "everything", "trouble", "isKnown", "detail"];
const FILTERS = ["site", "stack", "category", "state", "host", "q"];
const TYPING_MS = 120;
const SILENCE_MS = 13000; // the server beats every 5 s
const GIVE_UP_MS = 60000;
const EMPTY = { site: "", stack: "", category: "", state: "", host: "", q: "", service: "", wall: "" };

function storedTheme() {
  try {
    return ["light", "dark"].find((theme) => theme === localStorage.getItem("demi-theme")) ?? "auto";
  } catch {
    return "auto"; // the browser forbids it
  }
}

export default {
  props: { patches: Array },
  emits: ["look", "got", "missed"],
  data() {
    const shown = shallowReactive({
      rows: [], tree: [], view: EMPTY, counts: {}, choices: { category: [], host: [] }, everything: 0,
      headline: { level: "empty", text: "", since: null, exact: true }, trouble: null, isKnown: false, detail: null,
    });
    return { shown: markRaw(shown), number: 0, typed: "", theme: storedTheme(), isSideOpen: false, isAlive: true, heard: Date.now(), now: 0 };
  },
  computed: Object.fromEntries([...LISTS, ...PARTS].map((name) => [name, { get() { return this.shown[name]; } }])),
  watch: {
    patches: { immediate: true, handler(patches) { this.take(patches); } },
  },
  mounted() {
    this.timer = setInterval(() => this.second(), 1000);
    document.addEventListener("keydown", this.pressed);
    window.addEventListener("popstate", this.walked);
    this.dress();
    this.second();
  },
  unmounted() {
    clearInterval(this.timer);
    document.removeEventListener("keydown", this.pressed);
    window.removeEventListener("popstate", this.walked);
  },
  methods: {
    take(patches) {
      for (const patch of patches) {
        if (patch.number <= this.number) continue;
        if (patch.number !== this.number + 1 && !patch.reset) {
          this.$emit("missed");
          return;
        }
        this.number = patch.number;
        this.apply(patch);
      }
      if (patches.length) this.$emit("got", this.number);
    },
    apply(patch) {
      setServerTime(patch.now);
      this.heard = Date.now();
      this.isAlive = true;
      for (const name of LISTS)
        if (patch[name]) this.shown[name] = applied(patch.reset ? [] : this.shown[name], patch[name]);
        else if (patch.reset) this.shown[name] = [];
      for (const name of PARTS) if (name in patch) this.shown[name] = patch[name];
      if (patch.view && document.activeElement?.type !== "search") this.typed = patch.view.q;
      this.now = serverNow();
      if (patch.headline || patch.trouble !== undefined) this.entitle();
    },
    entitle() {
      const bad = (this.counts.critical ?? 0) + (this.counts.warning ?? 0);
      document.title = `${this.trouble ? "(stale) " : bad ? `(${bad}) ` : ""}DeMi registry`;
    },
    look(change, isTyping = false) {
      const view = { ...this.view, ...change };
      this.shown.view = view;
      const query = new URLSearchParams(Object.entries(view).filter(([, value]) => value)).toString();
      const address = window.location.pathname + (query ? `?${query}` : "");
      window.history[isTyping ? "replaceState" : "pushState"](window.history.state, "", address);
      if ("q" in change && !isTyping) this.typed = change.q;
      if (!view.service) this.shown.detail = null;
      if (!("service" in change)) this.isSideOpen = false;
      this.dress();
      this.$emit("look", query);
    },
    clear(...names) {
      this.look(Object.fromEntries(names.map((name) => [name, ""])));
    },
    walked() {
      const asked = new URLSearchParams(window.location.search);
      this.shown.view = Object.fromEntries(Object.keys(EMPTY).map((name) => [name, asked.get(name) ?? ""]));
      this.typed = this.view.q;
      if (!this.view.service) this.shown.detail = null;
      this.dress();
      this.$emit("look", window.location.search.slice(1));
    },
    type(text) {
      this.typed = text;
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.look({ q: text.trim() }, true), TYPING_MS);
    },
    close() {
      const key = this.view.service;
      this.look({ service: "" });
      this.$el.querySelector(`[data-demi-key="${CSS.escape(key)}"]`)?.focus();
    },
    pressed(event) {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const isField = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName ?? "");
      if (event.key === "/" && !isField) {
        event.preventDefault();
        this.$el.querySelector("input[type=search]")?.select();
      } else if (event.key === "Escape") {
        if (this.isSideOpen) this.isSideOpen = false;
        else if (isField && this.typed) this.look({ q: "" });
        else if (isField) event.target.blur();
        else if (this.view.service) this.close();
        else if (this.view.wall) this.look({ wall: "" });
      } else if (event.key === "ArrowDown" && event.target.type === "search") {
        event.preventDefault();
        this.$el.querySelector(".demi-row[tabindex='0']")?.focus();
      }
    },
    second() {
      this.now = serverNow();
      const silent_ms = Date.now() - this.heard;
      this.isAlive = silent_ms < SILENCE_MS;
      if (silent_ms > GIVE_UP_MS) this.start_again();
      tick(this.$el);
    },
    async start_again() {
      this.heard = Date.now() - SILENCE_MS; // not every second
      try {
        if ((await fetch(window.location.href, { cache: "no-store" })).ok) window.location.reload();
      } catch {
        // The server is still away.
      }
    },
    changeTheme() {
      this.theme = nextTheme(this.theme);
      try {
        localStorage.setItem("demi-theme", this.theme);
      } catch {
        // It lasts as long as the page, then.
      }
      this.dress();
    },
    dress() {
      const root = document.documentElement;
      root.dataset.demiTheme = this.theme;
      root.classList.toggle("demi-on-wall", this.view.wall === "1");
      // NiceGUI's own notice would hide what is known; ours says the same and more.
      document.getElementById("popup")?.classList.add("demi-hidden");
    },
    toggleSide() {
      this.isSideOpen = !this.isSideOpen;
    },
    main() {
      const set = FILTERS.filter((name) => this.view[name]);
      const list = this.rows.length
        ? h(List, { rows: this.rows, tree: this.tree, selected: this.view.service, isFiltered: set.length > 0, onOpen: (service) => this.look({ service }) })
        : nothing(this, set);
      return h("div", { class: "demi-main" }, [
        banner(this),
        this.everything ? filters(this) : null,
        this.everything ? tiles(this.counts, this.view, this.look) : null,
        list,
      ]);
    },
  },
  render() {
    if (this.view.wall)
      return h("div", { class: "demi-page" }, [
        h(Wall, { rows: this.rows, tree: this.tree, headline: this.headline, trouble: this.trouble, isAlive: this.isAlive, banner: banner(this), now: this.now }),
      ]);
    const detail = this.view.service ? this.detail : null;
    return h("div", { class: ["demi-page", { "demi-side-open": this.isSideOpen, "demi-has-detail": detail }] }, [
      header(this),
      h("div", { class: "demi-veil", onClick: this.toggleSide }),
      h(Side, { tree: this.tree, view: this.view, everything: this.everything, onLook: this.look }),
      this.main(),
      detail ? h(Detail, { key: detail.key, detail, onClose: this.close }) : null,
    ]);
  },
};
