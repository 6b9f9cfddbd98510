// Differences of lists, as demi_ui/difference.py makes them.

export function applied(before, change) {
  const away = new Set(change.gone);
  for (const [, item] of change.placed) away.add(item[0]);
  const result = before.filter((item) => !away.has(item[0]));
  for (const [place, item] of change.placed) result.splice(place, 0, item);
  return result;
}
