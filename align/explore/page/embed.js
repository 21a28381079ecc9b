// Pages inside a report: opening the details of a figure shows its page, at the view of the figure.

for (const details of document.querySelectorAll("details[data-page]")) {
  details.addEventListener("toggle", () => {
    if (!details.open || details.querySelector("iframe")) return;
    const frame = document.createElement("iframe");
    frame.title = "Map of the words";
    frame.name = details.dataset.view;  // the page reads its view from the name of its frame
    frame.sandbox = "allow-scripts allow-downloads";
    frame.srcdoc = document.getElementById(details.dataset.page).dataset.content;
    details.append(frame);
  });
}
