// What pages do beyond their forms: the address loses its key, and answers are saved as they are given.
// Without this script everything works as well, one press later. No answer is lost where the connection is.
const page = document.documentElement.dataset
if (page.here && navigator.cookieEnabled && self === top)
  history.replaceState(null, "", page.here + location.search + location.hash)
if (self !== top) beFramed()
addEventListener("pageshow", event => event.persisted && location.reload())

const form = document.querySelector("form[data-saved]")
if (form) keepSaving(form)

// In a frame inside the company's own product: as high as it is, other pages beside it, and gone by Escape.
function beFramed() {
  const say = heed => parent.postMessage({heed}, "*")
  new ResizeObserver(() => say(Math.ceil(document.documentElement.getBoundingClientRect().height))).observe(document.documentElement)
  addEventListener("keydown", event => event.key === "Escape" && say("close"))
  for (const link of document.querySelectorAll("a[href^='/']")) Object.assign(link, {target: "_blank", rel: "noopener"})
}

function keepSaving(form) {
  const words = form.dataset
  const line = form.querySelector(".saved"), count = form.querySelector(".progress")
  const questions = [...form.querySelectorAll(".question[id]")]
  const drawer = "heed " + page.here
  const waits = [2, 5, 15, 30]
  const changed = new Map(Object.entries(read() ?? {}))
  let running = null, failures = 0, timer = 0, soon = 0, leaving = null

  form.classList.add("saving")
  for (const [id, given] of changed) fillIn(id, given)
  if (changed.size) save()
  tell(words.ready)
  countAnswered()

  form.addEventListener("input", event => note(event.target, 900))
  form.addEventListener("change", event => note(event.target, 0))
  form.addEventListener("submit", send)
  addEventListener("online", goOn)
  addEventListener("visibilitychange", () => document.visibilityState === "hidden" && changed.size && save())

  // What was changed is kept in the browser until the server has it on disk.
  function note(target, delay) {
    const question = target.closest(".question[id]")
    if (!question) return
    changed.set(question.id, given(question))
    keep()
    countAnswered()
    clearTimeout(soon)
    soon = setTimeout(save, delay)
  }

  function given(question) {
    const within = [...question.querySelectorAll("[name]")].map(one => one.name)
    return [...new FormData(form)].filter(([name]) => within.includes(name))
  }

  function save() {
    clearTimeout(timer)
    return running ??= post().finally(() => running = null)
  }

  async function post() {
    if (!changed.size && !leaving) return true
    const sent = new Map(changed), body = new URLSearchParams({action: "save"})
    for (const [id, entries] of sent) {
      body.append("filled", id)
      for (const [name, value] of entries) body.append(name, value)
    }
    let answer
    try {
      const keepalive = String(body).length < 60000
      answer = await fetch(location.pathname, {method: "POST", body, keepalive, headers: {Accept: "application/json"}})
    } catch { answer = null }
    if (!answer || answer.status >= 500 || answer.status === 429) return retry()
    if (!answer.ok) { tell(words.ended); return false }
    failures = 0
    const {errors} = await answer.json()
    for (const [id, entries] of sent) {
      if (changed.get(id) === entries) changed.delete(id)
      remember(id, entries)
    }
    keep()
    tell(Object.values(errors)[0] ?? words.saved)
    if (changed.size) setTimeout(save)
    return true
  }

  function retry() {
    tell(leaving ? words.unsent : words.unsaved)
    timer = setTimeout(goOn, waits[Math.min(failures++, waits.length - 1)] * 1000)
    return false
  }

  function goOn() {
    return leaving ? submitNow() : save()
  }

  // What was seen filled in and comes back empty was taken out.
  function remember(id, entries) {
    const there = form.querySelector(`input[name=filled][value=${id}]`)
    if (there || !entries.some(([, value]) => value)) return
    form.append(Object.assign(document.createElement("input"), {type: "hidden", name: "filled", value: id}))
  }

  // Sending goes the way of any form, once saving has shown that there is a way.
  function send(event) {
    event.preventDefault()
    leaving = event.submitter ?? form.querySelector("[value=send]")
    submitNow()
  }

  async function submitNow() {
    await running
    const button = leaving
    if (!button || !await save() || leaving !== button) return
    const pressed = Object.assign(document.createElement("input"), {type: "hidden", name: button.name, value: button.value})
    form.append(pressed)
    leaving = null
    form.submit()
    pressed.remove()
  }

  function tell(text) {
    if (text && line.textContent !== text) line.textContent = text
  }

  function countAnswered() {
    const done = questions.filter(one => given(one).some(([, value]) => value.trim())).length
    count.hidden = false
    count.querySelector("span").textContent = words.progress.replace("{}", done.toLocaleString(document.documentElement.lang))
    count.querySelector("progress").value = done
  }

  function keep() {
    try {
      if (changed.size) localStorage.setItem(drawer, JSON.stringify(Object.fromEntries(changed)))
      else localStorage.removeItem(drawer)
    } catch { /* A browser that keeps nothing still saves. */ }
  }

  function read() {
    try { return JSON.parse(localStorage.getItem(drawer)) } catch { return null }
  }

  function fillIn(id, entries) {
    for (const one of document.getElementById(id)?.querySelectorAll("[name]") ?? []) {
      const values = entries.filter(([name]) => name === one.name).map(([, value]) => value)
      if (one.type === "radio" || one.type === "checkbox") one.checked = values.includes(one.value)
      else if (values.length) one.value = values[0]
    }
  }
}
