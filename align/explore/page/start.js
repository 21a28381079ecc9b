// Starts the page.

/** Reads the data, builds the page, and shows the state in the address. */
async function start() {
  const text = document.getElementById("data").textContent.trim();
  const block = text ? bytesOf(text) : new Uint8Array(await (await fetch("data")).arrayBuffer());
  document.getElementById("data").remove();
  const page = new Page(await unpack(block));
  window.page = page;
  buildControls(page);
  listen(page);
  window.addEventListener("hashchange", () => page.readAddress());
  new ResizeObserver(() => { page.map.resize(); page.redraw(); }).observe(page.map.stage);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { showControls(page); page.redraw(); });
  await page.readAddress();
  page.draw();
  page.ready = performance.now();
}

start().catch((error) => {
  document.getElementById("note").textContent = `The page cannot start: ${error.message}`;
  throw error;
});
