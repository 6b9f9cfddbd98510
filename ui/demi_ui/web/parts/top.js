// The bar above everything, the filters, and what is said where something is missing.
import { h } from "vue";
import { icon } from "demi-page/marks.js";
import { clock, since, span } from "demi-page/time.js";

const THEMES = { auto: ["auto", "as the system has it"], light: ["sun", "light"], dark: ["moon", "dark"] };
const NAMES = { site: "Site", stack: "Stack", category: "Category", state: "State", host: "Host", q: "Search" };

export function nextTheme(theme) {
  const names = Object.keys(THEMES);
  return names[(names.indexOf(theme) + 1) % names.length];
}

export function header(board) {
  const live = !board.isAlive ? ["No contact", "demi-off"] : board.trouble ? ["Stale", "demi-stale"] : ["Live", "demi-live"];
  const [mark, name] = THEMES[board.theme];
  return h("header", { class: "demi-header" }, [
    h("button", { class: "demi-button-icon demi-menu", "aria-label": "Sites and stacks", "aria-expanded": String(board.isSideOpen), onClick: board.toggleSide }, [icon("menu")]),
    h("div", { class: "demi-brand" }, [h("span", { class: "demi-logo", "aria-hidden": "true" }, "D"), h("h1", "DeMi registry")]),
    h("label", { class: "demi-search" }, [
      icon("search"),
      h("span", { class: "demi-hidden" }, "Search services"),
      h("input", {
        type: "search", placeholder: "Search name, host, port, reason…  -word excludes", value: board.typed, maxlength: 200,
        autocomplete: "off", spellcheck: "false", "aria-keyshortcuts": "/", onInput: (event) => board.type(event.target.value),
      }),
      h("kbd", { "aria-hidden": "true" }, "/"),
    ]),
    h("div", { class: "demi-right" }, [
      h("span", { class: ["demi-status", live[1]], role: "status" }, [h("span", { class: "demi-dot", "aria-hidden": "true" }), h("span", { class: "demi-status-word" }, live[0])]),
      h("button", { class: "demi-button-icon demi-to-wall", "aria-label": "Wall mode", title: "Wall mode: for a screen on the wall", onClick: () => board.look({ wall: "1", service: "" }) }, [icon("wall")]),
      h("button", { class: "demi-button-icon", "aria-label": `Colours: ${name}. Change`, title: `Colours: ${name}`, onClick: board.changeTheme }, [icon(mark)]),
    ]),
  ]);
}

export function banner(board) {
  if (!board.isAlive)
    return h("div", { class: "demi-banner", role: "alert" }, [icon("away"), h("span", "This page has lost its server. What is shown is old; it goes on by itself when the server answers.")]);
  if (!board.trouble || !board.isKnown) return null;
  const { reason, confirmed } = board.trouble;
  return h("div", { class: "demi-banner", role: "alert" }, [
    icon("away"),
    h("span", [`Consul has not answered for `, h("span", { "data-demi-age": "" }, span(board.now - confirmed)), `${reason ? ` (${reason})` : ""}. This is the last known state, from ${clock(confirmed)}.`]),
  ]);
}

export function headline(board) {
  const { level, text, since: at, exact, many } = board.headline;
  const mark = level === "empty" ? "unchecked" : level;
  return h("div", { class: ["demi-headline", `demi-is-${board.trouble ? "unchecked" : mark}`] }, [
    icon(board.trouble ? "away" : mark),
    h("strong", { "aria-live": "polite" }, text),
    at ? since(h, "span", "demi-soft", at, exact, level === "passing" ? "no change for " : many ? "longest for " : "for ") : null,
  ]);
}

function choice(board, name, values) {
  if (values.length < 2 && !board.view[name]) return null;
  const known = board.view[name] && !values.includes(board.view[name]) ? [board.view[name], ...values] : values;
  return h("label", { class: "demi-choice" }, [
    h("span", { class: "demi-hidden" }, NAMES[name]),
    h("select", { value: board.view[name], onChange: (event) => board.look({ [name]: event.target.value }) }, [
      h("option", { value: "" }, `Every ${name}`),
      ...known.map((value) => h("option", { value, key: value, selected: value === board.view[name] }, value)),
    ]),
  ]);
}

export function filters(board) {
  const set = Object.keys(NAMES).filter((name) => board.view[name]);
  return h("div", { class: "demi-filters" }, [
    headline(board),
    h("div", { class: "demi-filter-row" }, [
      ...set.map((name) =>
        h("button", { key: name, class: "demi-chip", "aria-label": `Remove filter ${NAMES[name]} ${board.view[name]}`, onClick: () => board.clear(name) }, [
          h("span", { class: "demi-soft" }, `${NAMES[name]} `), h("bdi", board.view[name]), icon("close"),
        ])),
      set.length > 1 ? h("button", { class: "demi-text-button", onClick: () => board.clear(...set) }, "Show all") : null,
      choice(board, "category", board.choices.category),
      choice(board, "host", board.choices.host),
    ]),
  ]);
}

export function nothing(board, set) {
  const say = (title, ...lines) => h("div", { class: "demi-nothing" }, [h("h2", title), ...lines.map((line) => h("p", line))]);
  if (!board.isKnown)
    return board.trouble
      ? say("Consul does not answer", `It says: ${board.trouble.reason || "nothing"}.`, "Is it running, and is CONSUL_HTTP_ADDR right? The services appear here as soon as it answers.")
      : say("Asking Consul …");
  if (!board.everything)
    return say("No service is registered yet", "Put labels such as demi.SITE.STACK.SERVICE.port on a container and start it: it appears here by itself.", "If it does not, demi problems and demi doctor say why.");
  return h("div", { class: "demi-nothing" }, [
    h("h2", "Nothing matches"),
    h("p", `There are ${board.everything} services, and none is what these filters ask for.`),
    h("button", { class: "demi-button demi-first", onClick: () => board.clear(...set) }, "Show all services"),
  ]);
}
