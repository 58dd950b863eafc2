// Looks again every second while something goes on; without script there is a link to refresh.

const seconds = (count) => new Promise((done) => setTimeout(done, count * 1000));

async function watch() {
  while (document.querySelector("[data-watch]")) {
    await seconds(1);
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("#progress");
    if (!fresh) return;
    if (!fresh.hasAttribute("data-watch")) {
      location.reload();
      return;
    }
    document.querySelector("#progress").replaceChildren(...fresh.childNodes);
  }
}

watch();
