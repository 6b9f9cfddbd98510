// Times: how long something has been so. The server's clock counts; the browser's may be wrong.

let ahead_ms = 0;

export function setServerTime(now_ms) {
  ahead_ms = now_ms - Date.now();
}

export function serverNow() {
  return Date.now() + ahead_ms;
}

export function span(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 24) return `${h} h ${String(min % 60).padStart(2, "0")}`;
  const d = Math.floor(h / 24);
  return d < 10 ? `${d} d ${h % 24} h` : `${d} d`;
}

export function sinceText(since_ms, isExact) {
  return (isExact ? "" : "≥ ") + span(serverNow() - since_ms);
}

export function clock(ms) {
  return new Date(ms - ahead_ms).toLocaleTimeString("en-GB");
}

// Elements made with this count by themselves; Vue need not draw them again each second.
export function since(h, tag, cls, since_ms, isExact, before = "") {
  return h(tag, {
    class: cls,
    "data-demi-since": since_ms,
    "data-demi-exact": isExact ? "1" : "",
    "data-demi-before": before,
    title: isExact ? `since ${new Date(since_ms - ahead_ms).toLocaleString("en-GB")}` : "at least; it was so when this page's server first saw it",
  });
}

export function tick(root) {
  for (const element of root.querySelectorAll("[data-demi-since]")) {
    const { demiSince, demiExact, demiBefore } = element.dataset;
    const text = demiBefore + sinceText(Number(demiSince), demiExact === "1");
    if (element.textContent !== text) element.textContent = text;
  }
}
