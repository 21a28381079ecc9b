// Mouse, touch, wheel and keyboard on the map.

function listen(page) {
  const { map } = page, { stage } = map, fingers = new Map();
  let moved = 0, drawn = null;
  const place = (event) => { const box = stage.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };

  stage.addEventListener("pointerdown", (event) => {
    stage.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, place(event));
    moved = 0;
    if (fingers.size === 1 && (page.lasso || event.shiftKey)) drawn = [place(event)];
  });
  stage.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return page.hover(place(event));
    const before = [...fingers.values()], from = fingers.get(event.pointerId), to = place(event);
    fingers.set(event.pointerId, to);
    moved += Math.hypot(to[0] - from[0], to[1] - from[1]);
    if (drawn && fingers.size === 1) drawn.push(to);
    else if (fingers.size === 2) pinch(map, before, [...fingers.values()]);
    else if (fingers.size === 1) map.move(to[0] - from[0], to[1] - from[1]);
    page.polygon = drawn;
    page.redraw();
  });
  const end = (event) => {
    if (!fingers.delete(event.pointerId)) return;
    const [x, y] = place(event);
    if (drawn && moved > 20) page.encircle(drawn);
    else if (event.type === "pointerup" && moved < 5) page.click(x, y, event.pointerType === "touch" ? 22 : 12);
    drawn = page.polygon = null;
    page.settle();
  };
  stage.addEventListener("pointerup", end);
  stage.addEventListener("pointercancel", end);
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    map.zoomAt(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), ...place(event));
    page.redraw();
    page.settle();
  }, { passive: false });
  document.addEventListener("keydown", (event) => pressKey(page, event));
}

/** Two fingers move and zoom the map. */
function pinch(map, [a, b], [c, d]) {
  const middle = (p, q) => [(p[0] + q[0]) / 2, (p[1] + q[1]) / 2], length = (p, q) => Math.hypot(p[0] - q[0], p[1] - q[1]);
  const [from, to] = [middle(a, b), middle(c, d)];
  map.move(to[0] - from[0], to[1] - from[1]);
  map.zoomAt(length(c, d) / Math.max(length(a, b), 1), ...to);
}

function pressKey(page, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if (typing) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const { map } = page, step = 60;
  const actions = {
    ArrowLeft: () => map.move(step, 0), ArrowRight: () => map.move(-step, 0),
    ArrowUp: () => map.move(0, step), ArrowDown: () => map.move(0, -step),
    "+": () => map.zoomAt(1.3), "=": () => map.zoomAt(1.3), "-": () => map.zoomAt(1 / 1.3),
    0: () => page.showWhole(), l: () => page.setLasso(!page.lasso), p: () => page.change({ readings: !page.state.readings }),
    d: () => page.toggleTheme(), t: () => page.nextTour(), Escape: () => page.clear(),
    "/": () => document.getElementById("search").focus(),
  };
  const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action) return;
  event.preventDefault();
  action();
  page.redraw();
  page.settle();
}
