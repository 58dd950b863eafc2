// Asks how a desk's job stands; draws it where it changed, and loads the page anew when it is over.

const region = document.getElementById("job-live");
let known = "";

async function look() {
  try {
    const headers = known ? { "If-None-Match": known } : {};
    const answer = await fetch(region.dataset.live, { headers, cache: "no-store" });
    if (answer.redirected) return window.location.reload();
    if (answer.status === 200) {
      region.innerHTML = await answer.text();
      known = answer.headers.get("ETag") ?? "";
      if (answer.headers.get("X-Job-Over") === "yes") return window.location.reload();
    }
  } catch {
    // the service is away for a moment: ask again
  }
  window.setTimeout(look, document.hidden ? 5000 : 1000);
}

if (region) look();
