// Comforts, never needs: every page works without this file. "/" goes to the search box; j and k walk through a list;
// what is ticked can be ticked all at once; a plan's forecast follows as values change, a survey's page as it is written.
const typing = () => document.activeElement?.matches("input, textarea, select, [contenteditable]")

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing()) return
  if (event.key === "/") {
    document.querySelector("input[name=q]")?.focus()
    event.preventDefault()
  } else if (event.key === "j" || event.key === "k") {
    walk(event.key === "j" ? 1 : -1)
  }
})

function walk(step) {
  const stops = [...document.querySelectorAll("[data-stop]")]
  if (!stops.length) return
  const at = stops.findIndex(one => one.contains(document.activeElement))
  const next = stops[Math.max(0, Math.min(stops.length - 1, at < 0 ? 0 : at + step))]
  const target = next.querySelector("a, button, summary")
  target?.focus()
  target?.scrollIntoView({ block: "nearest" })
}

for (const all of document.querySelectorAll("input[data-all]")) {
  all.addEventListener("change", () => {
    for (const one of document.querySelectorAll(`input[name="${all.dataset.all}"]`)) one.checked = all.checked
  })
}

const plan = document.querySelector("form[data-forecast]")
if (plan) {
  const place = document.getElementById("forecast")
  let waiting = 0
  let asked = 0
  const refresh = async () => {
    const mine = ++asked
    place.setAttribute("aria-busy", "true")
    try {
      const answer = await fetch(plan.dataset.forecast, { method: "POST", body: new FormData(plan), headers: { "X-Part": "1" } })
      if (mine === asked && answer.ok) place.innerHTML = await answer.text()
    } finally {
      if (mine === asked) place.removeAttribute("aria-busy")
    }
  }
  plan.addEventListener("input", event => {
    if (event.target.name === "comment") return
    clearTimeout(waiting)
    waiting = setTimeout(refresh, 400)
  })
}

const survey = document.querySelector("form[data-draft]")
if (survey) {
  let waiting = 0
  const refresh = () => {
    // A frame of its own each time: the browser's Back leads to the page before, not to an earlier look.
    const frame = document.getElementById("phone")
    const fresh = frame.cloneNode()
    fresh.removeAttribute("src")
    frame.replaceWith(fresh)
    survey.requestSubmit(survey.querySelector("[data-see]"))
  }
  survey.addEventListener("input", event => {
    if (event.target.name === "comment") return
    clearTimeout(waiting)
    waiting = setTimeout(refresh, 600)
  })
  refresh()
}
