// What makes questions nicer where scripts run. Without it every question works: this only adds to what is there.

// A slider beside the box that holds its number. It posts nothing itself.
for (const frame of document.querySelectorAll("[data-slider]")) {
  const box = frame.querySelector("input")
  const slider = document.createElement("input")
  Object.assign(slider, {type: "range", min: box.dataset.min, max: box.dataset.max})
  slider.setAttribute("aria-labelledby", (frame.querySelector("label").id = `${box.id}-label`))
  const follow = () => {
    slider.value = box.value || (+slider.min + +slider.max) / 2
    slider.classList.toggle("untouched", box.value === "")
  }
  slider.addEventListener("input", () => {
    box.value = slider.value
    box.dispatchEvent(new Event("input", {bubbles: true}))
  })
  slider.addEventListener("change", () => box.dispatchEvent(new Event("change", {bubbles: true})))
  box.addEventListener("input", follow)
  follow()
  frame.querySelector(".ends").before(slider)
}

// “None of these” and the others take turns.
for (const sole of document.querySelectorAll("[data-exclusive]")) {
  const group = [...sole.closest("fieldset").querySelectorAll("[type=checkbox]")]
  sole.closest("fieldset").addEventListener("change", ({target}) => {
    if (!target.checked || (target !== sole && !group.includes(target))) return
    for (const one of group) if (one !== target && (target === sole || one === sole)) one.checked = false
  })
}

// Things to put in order move up and down; their lists of places follow and are what is posted.
for (const ranking of document.querySelectorAll(".ranking")) {
  const list = ranking.querySelector("ol")
  const said = document.createElement("p")
  said.setAttribute("role", "status")
  said.className = "unseen"
  list.after(said)
  const places = [...list.querySelector("select").options].filter(option => option.value).length
  const place = item => item.querySelector("select").value || 99
  const arrange = () => list.append(...[...list.children].sort((one, other) => place(one) - place(other)))
  const number = () => [...list.children].forEach((item, at) => {
    item.querySelector("select").value = at < places ? String(at + 1) : ""
  })
  const move = (item, step, button) => {
    const neighbour = step < 0 ? item.previousElementSibling : item.nextElementSibling
    if (!neighbour) return
    step < 0 ? neighbour.before(item) : neighbour.after(item)
    settle(item)
    button.focus()
  }
  const settle = item => {
    number()
    const words = {place: [...list.children].indexOf(item) + 1, words: item.querySelector("label").textContent}
    said.textContent = ranking.dataset.moved.replace(/%\((\w+)\)s/g, (_all, name) => words[name])
    item.querySelector("select").dispatchEvent(new Event("change", {bubbles: true}))
  }
  for (const item of list.children) {
    for (const [step, words, sign] of [[-1, ranking.dataset.up, "↑"], [1, ranking.dataset.down, "↓"]]) {
      const button = document.createElement("button")
      button.type = "button"
      button.textContent = sign
      button.setAttribute("aria-label", `${words}: ${item.querySelector("label").textContent}`)
      button.addEventListener("click", () => move(item, step, button))
      item.append(button)
    }
  }
  list.addEventListener("change", event => event.isTrusted && arrange())
  list.addEventListener("moved", ({target}) => settle(target))
  if (list.querySelector("[selected]")) arrange()
}

// Questions that wait for an answer open as it is given. What the server alone can tell stays as it came.
const waiting = [...document.querySelectorAll("[data-condition]")]
if (waiting.length) {
  const form = waiting[0].form
  const compare = {
    eq: (one, other) => one === other, ne: (one, other) => one !== other,
    lt: (one, other) => one < other, lteq: (one, other) => one <= other,
    gt: (one, other) => one > other, gteq: (one, other) => one >= other,
    in: (one, other) => other.includes(one), notin: (one, other) => !other.includes(one),
  }
  const answer = field => {
    const given = new FormData(form).getAll(field).filter(Boolean)
    if (form.querySelector(`[type=checkbox][name="${field}"]`)) return given.length ? given : null
    return given[0] ?? null
  }
  const value = ([word, ...rest]) => {
    if (word === "is") return rest[0]
    if (word === "answer") return answer(rest[0])
    if (word === "not") return !value(rest[0])
    if (word === "and") return value(rest[0]) && value(rest[1])
    if (word === "or") return value(rest[0]) || value(rest[1])
    let [one, other] = rest.map(value)
    if (typeof one === "number" && typeof other === "string") other = +other
    if (typeof other === "number" && typeof one === "string") one = +one
    if ((one === null || other === null) && !["eq", "ne"].includes(word)) return false
    return compare[word](one, other)
  }
  const open = () => {
    for (const one of waiting) {
      const shut = !value(JSON.parse(one.dataset.condition))
      if (one.disabled !== shut) one.hidden = one.disabled = shut
    }
  }
  form.addEventListener("input", open)
  form.addEventListener("change", open)
  open()
}
