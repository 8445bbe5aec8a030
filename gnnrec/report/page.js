(() => {
  "use strict";
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const figures = read("figures"), partners = read("dark");
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
  const narrow = window.matchMedia("(max-width: 40rem)");
  let printing = false;

  // Figures are stored in the light theme's colours; for dark, each is swapped for its partner.
  const swapped = (value) => {
    if (typeof value === "string") return partners[value] ?? value;
    if (Array.isArray(value)) return value.map(swapped);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, swapped(each)]));
  };

  const draw = (place) => {
    const stored = structuredClone(figures[place.dataset.figure]);
    const figure = prefersDark.matches && !printing ? swapped(stored) : stored;
    if (narrow.matches) {
      figure.layout.dragmode = false; // so that a finger scrolls the page
      figure.layout.margin = { ...figure.layout.margin, l: 44, r: 8 };
    }
    // Only buttons that need no network: one of plotly's own uploads the figure.
    const config = { responsive: true, displaylogo: false, showSendToCloud: false, displayModeBar: narrow.matches ? false : "hover",
      modeBarButtons: [["toImage", "zoom2d", "pan2d", "resetScale2d"]] };
    const failed = (error) => {
      place.classList.add("failed");
      place.textContent = `This figure could not be drawn: ${error}`;
    };
    try {
      Plotly.react(place, figure.data, figure.layout, config).catch(failed);
    } catch (error) {
      failed(error);
    }
  };

  const places = [...document.querySelectorAll("[data-figure]")];
  const drawAll = () => places.forEach(draw);
  const onPaper = (now) => { printing = now; if (prefersDark.matches) drawAll(); };
  prefersDark.addEventListener("change", drawAll);
  narrow.addEventListener("change", drawAll);
  window.addEventListener("beforeprint", () => onPaper(true));
  window.addEventListener("afterprint", () => onPaper(false));
  drawAll();
})();
