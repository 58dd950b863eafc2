// Draws each chart from the table beside it: one source, and the figures stay readable.

const style = getComputedStyle(document.documentElement);
const token = (name) => style.getPropertyValue(name).trim();
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

function draw(figure) {
  const table = document.getElementById(figure.dataset.chartTable);
  const rows = [...table.tBodies[0].rows];
  const labels = rows.map((row) => row.cells[0].textContent);
  const values = rows.map((row) => Number(row.cells[1].dataset.value));
  const kind = figure.dataset.chart;
  const colours = ["--jade-700", "--gold-600", "--lacquer", "--blue", "--ink-soft"].map(token);
  const holder = figure.querySelector(".chart-canvas");
  holder.hidden = false;
  figure.querySelector("details").open = false;
  Chart.defaults.font.family = token("--font");
  Chart.defaults.color = token("--ink");
  new Chart(holder.querySelector("canvas"), {
    type: kind,
    data: {
      labels,
      datasets: [{
        data: values,
        backgroundColor: kind === "bar" || kind === "line" ? colours[0] : colours,
        borderColor: kind === "line" ? colours[0] : token("--paper"),
        borderRadius: kind === "bar" ? 3 : 0,
        maxBarThickness: 48,
        tension: 0.25,
      }],
    },
    options: {
      animation: calm ? false : { duration: 250 },
      maintainAspectRatio: false,
      locale: document.documentElement.lang,
      plugins: { legend: { display: kind === "doughnut", position: "right" } },
      scales: kind === "doughnut" ? {} : { y: { beginAtZero: true, ticks: { precision: 0 }, grid: { color: token("--line") } }, x: { grid: { display: false } } },
    },
  });
}

document.querySelectorAll("[data-chart]").forEach(draw);
