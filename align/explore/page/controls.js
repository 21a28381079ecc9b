// The controls above the map: search with completion, maps, axes, tours, tools.

function buildControls(page) {
  const find = (id) => document.getElementById(id), { document: content } = page;
  const choices = [...content.projections.map(({ name, title }) => [name, title]), ["axes", "Two axes of meaning"], ["own", "Plane of the selection"]];
  find("map").append(...choices.map(([value, title]) => element("option", { value }, title)));
  find("map").addEventListener("change", () => page.change(withAxes(page, { map: find("map").value }), { fit: true }));
  find("axes").append(...Object.keys(content.axes).map((value) => element("option", { value })));
  for (const side of ["x", "y"]) {
    find(`${side}-axis`).addEventListener("change", (event) => page.change(withAxes(page, { map: "axes", [side]: event.target.value }), { view: { x: 0, y: 0, zoom: 1 } }));
  }
  find("tours").append(...content.tours.map(({ name, title }) => element("button", { "data-tour": name, click: () => page.openTour(name) }, title)));
  find("lasso").addEventListener("click", () => page.setLasso(!page.lasso));
  find("pinyin").addEventListener("click", () => page.change({ readings: !page.state.readings }));
  find("whole").addEventListener("click", () => page.showWhole());
  find("theme").addEventListener("click", () => page.toggleTheme());
  find("export").addEventListener("change", (event) => { page.export(event.target.value); event.target.value = ""; });
  buildSearch(page, find("search"), find("found"));
}

/** Adds both axes to the changes. On a map of axes, an empty field gets a built-in axis. */
function withAxes(page, changes) {
  const names = Object.keys(page.document.axes), { state } = page;
  const made = { x: state.x, y: state.y, ...changes };
  if (made.map !== "axes") return made;
  return { ...made, x: made.x.trim() || (names[0] ?? ""), y: made.y.trim() || (names[1] ?? names[0] ?? "") };
}

/** The search field: a combobox that offers words of both languages. */
function buildSearch(page, field, list) {
  let offered = [], at = -1;
  const close = () => { list.hidden = true; at = -1; field.setAttribute("aria-expanded", "false"); };
  const mark = (next) => {
    at = next;
    [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === at)));
    field.setAttribute("aria-activedescendant", at >= 0 ? `found-${at}` : "");
  };
  const choose = (id) => { close(); field.value = page.words.names[id]; page.select(id); };
  field.addEventListener("input", () => {
    offered = page.words.complete(field.value);
    list.replaceChildren(...offered.map((id, i) => element("li", { role: "option", id: `found-${i}`, pointerdown: (event) => { event.preventDefault(); choose(id); } },
      element("bdi", { class: page.words.isChinese(id) ? "zh" : "en" }, page.words.names[id]), element("span", { class: "reading" }, page.words.reading(id)))));
    list.hidden = !offered.length;
    field.setAttribute("aria-expanded", String(!list.hidden));
    mark(-1);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (offered.length) mark((at + step + offered.length) % offered.length);
    } else if (event.key === "Enter") {
      const exact = page.words.find(field.value), id = at >= 0 ? offered[at] : exact >= 0 ? exact : offered[0] ?? -1;
      if (id >= 0) choose(id);
      else page.answers.find(field.value).then((found) => (found.id >= 0 ? choose(found.id) : page.say(found.why)), (error) => page.say(error.message));
    } else if (event.key === "Escape") close();
  });
  field.addEventListener("blur", close);
}

/** Shows the state in the controls. */
function showControls(page) {
  const find = (id) => document.getElementById(id), { state } = page, root = document.documentElement;
  const dark = state.theme ? state.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "dark" : "light";
  find("theme").textContent = dark ? "Light" : "Dark";
  find("map").value = state.map;
  find("x-axis").value = state.x;
  find("y-axis").value = state.y;
  find("pinyin").setAttribute("aria-pressed", String(state.readings));
  find("lasso").setAttribute("aria-pressed", String(page.lasso));
  find("stage").classList.toggle("lasso", page.lasso);
  document.body.dataset.map = state.map;
  for (const button of find("tours").children) button.setAttribute("aria-current", String(button.dataset.tour === state.tour));
  const current = find("tours").querySelector("[aria-current=true]");
  if (current) find("tours").scrollLeft = current.offsetLeft - (find("tours").clientWidth - current.offsetWidth) / 2;
}
