// Comforts, never needs: every page works without this file. "/" goes to the search box; j and k walk through a list,
// e goes to what can be changed, ? shows the keys;
// what is ticked can be ticked all at once; a plan's forecast follows as values change, a survey's page as it is written.
const typing = () => document.activeElement?.matches("input, textarea, select, [contenteditable]")

// Whoever speaks to the computer can turn single keys off on this device (WCAG 2.1.4); the button works always.
const keys = document.getElementById("keys")
const areOn = () => localStorage.getItem("keys") !== "off"
if (keys) {
  const button = document.querySelector("[data-keys]")
  const choice = keys.querySelector("input")
  button.hidden = false
  choice.checked = areOn()
  button.addEventListener("click", () => keys.showModal())
  choice.addEventListener("change", () => localStorage.setItem("keys", choice.checked ? "on" : "off"))
}

const edit = () => {
  const place = document.querySelector("main [data-edit]")
  if (place?.matches("summary")) place.parentElement.open = true
  const field = place?.matches("summary") ? place.parentElement.querySelector("input:not([type=hidden]), textarea, select") : place
  field?.focus()
}
const does = {
  "/": () => document.querySelector("input[name=q]")?.focus(),
  "?": () => keys?.showModal(),
  e: edit,
  j: () => walk(1),
  k: () => walk(-1),
}

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing() || keys?.open || !areOn() || !does[event.key]) return
  does[event.key]()
  event.preventDefault()
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
  const see = document.querySelector("[data-see]")
  const frames = document.querySelector(".frames")
  let waiting = 0
  let looks = 0
  // A frame of its own each time: the browser's Back leads to the page before, not to an earlier look. The last one
  // is seen until the next is there.
  survey.addEventListener("submit", event => {
    if (event.submitter !== see) return
    const [seen, coming] = frames.children
    const fresh = seen.cloneNode()
    coming?.remove()
    fresh.removeAttribute("src")
    fresh.name = see.formTarget = `phone-${++looks}`
    frames.append(fresh)
    fresh.addEventListener("load", () => seen.remove(), { once: true })
  })
  document.addEventListener("input", event => {
    if (event.target.form !== survey || event.target.name === "comment") return
    clearTimeout(waiting)
    waiting = setTimeout(() => survey.requestSubmit(see), 600)
  })
  survey.requestSubmit(see)
}
