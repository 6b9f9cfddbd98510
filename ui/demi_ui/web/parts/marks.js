// States as icon and word, never by colour alone; and the other small drawings.
import { h } from "vue";

const PATHS = {
  critical: "M8 2h8l6 6v8l-6 6H8l-6-6V8zM12 6.5v7M12 16.6v.9",
  warning: "M12 3 1.8 21h20.4zM12 9.5v5.5M12 17.4v.9",
  unchecked: "M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19zM9.2 9.6a2.9 2.9 0 1 1 4.2 2.6c-.9.5-1.4 1-1.4 2M12 16.6v.9",
  passing: "M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19zM7.6 12.3l3 3 5.8-6.2",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5 21 21",
  close: "M5 5l14 14M19 5 5 19",
  menu: "M3 6h18M3 12h18M3 18h18",
  open: "M13 4h7v7M20 4l-9 9M9 5H5v14h14v-4",
  docs: "M6 3h9l4 4v14H6zM14 3v5h5M9 12h7M9 16h7",
  copy: "M9 9h11v12H9zM5 15H4V3h12v2",
  moon: "M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5z",
  sun: "M12 7.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM12 1.5v2.2M12 20.3v2.2M1.5 12h2.2M20.3 12h2.2M4.6 4.6l1.5 1.5M17.9 17.9l1.5 1.5M19.4 4.6l-1.5 1.5M6.1 17.9l-1.5 1.5",
  auto: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  wall: "M2.5 4h19v13h-19zM8 21h8M12 17v4",
  chevron: "M8 5l7 7-7 7",
  away: "M4 4l16 16M7 18h9M18 16a4 4 0 0 0-1-8 6 6 0 0 0-8-3M6 8.5A5 5 0 0 0 7 18",
};

export const WORDS = { critical: "critical", warning: "warning", unchecked: "no check", passing: "passing" };
export const STATES = Object.keys(WORDS);

export function icon(name, cls = "") {
  return h(
    "svg",
    { class: ["demi-icon", cls], viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    [h("path", { d: PATHS[name] })],
  );
}

export function pill(state) {
  return h("span", { class: ["demi-pill", `demi-is-${state}`] }, [icon(state), h("span", WORDS[state] ?? state)]);
}

export function badge(state, count) {
  return count
    ? h("span", { class: ["demi-badge", `demi-is-${state}`], title: `${count} ${WORDS[state]}` }, [
        String(count),
        h("span", { class: "demi-hidden" }, ` ${WORDS[state]}`),
      ])
    : null;
}

export function link(name, href, cls, label, mark) {
  // The server lets only http and https through; this is a second look.
  if (!/^https?:\/\//i.test(href)) return null;
  return h(
    "a",
    { class: cls, href, target: "_blank", rel: "noopener noreferrer", "aria-label": label, title: label },
    [mark ? icon(mark) : null, name ? h("span", name) : null],
  );
}
