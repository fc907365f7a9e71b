/* The one script of the site: sliders, formulas that copy as TeX, and questions to the search. It listens on the document, so pages that
   instant navigation swaps in need no second start. */
(() => {
  const frame = (box, i) => `${box.dataset.frames}.${i}.svg`

  /* The frames of a slider are fetched when it is first touched, so that none is late under the hand. */
  const load = event => {
    const box = event.target.closest?.(".slider")
    if (!box || box.frames) return
    box.frames = box.dataset.values.split("|").map((_, i) => {
      const image = new Image()
      image.src = frame(box, i)
      return image
    })
  }
  for (const kind of ["pointerover", "pointerdown", "focusin"]) document.addEventListener(kind, load)

  const show = box => {
    const control = box.querySelector("input"), value = box.dataset.values.split("|")[control.value]
    box.querySelector("output").textContent = value
    control.setAttribute("aria-valuetext", value)
    box.querySelector("img").src = frame(box, control.value)
  }
  document.addEventListener("input", event => {
    const box = event.target.closest?.(".slider")
    if (!box) return
    load(event)
    stop(box)
    show(box)
  })

  /* The button plays all frames, from the first one if the last one is shown. Whoever wants little motion goes on by one frame. */
  const stop = box => {
    clearInterval(box.playing)
    box.playing = null
    const button = box.querySelector("button")
    button.textContent = "▶"
    button.setAttribute("aria-label", "Play")
  }
  const next = box => {
    const control = box.querySelector("input"), last = control.value === control.max
    if (last && box.playing) return stop(box)
    control.value = last ? 0 : +control.value + 1
    show(box)
  }
  document.addEventListener("click", event => {
    const button = event.target.closest?.(".slider button"), box = button?.closest(".slider")
    if (!box) return
    load(event)
    if (box.playing) return stop(box)
    next(box)
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return
    box.playing = setInterval(() => box.isConnected ? next(box) : clearInterval(box.playing), 500)
    button.textContent = "⏸"
    button.setAttribute("aria-label", "Pause")
  })

  /* Where frames are is told as seen from this page; a hand may still be on its slider when the address is that of the next.
     Paper shows the frame of which the text speaks, and does not wait for it: it is fetched when the page is there. */
  document$.subscribe(() => {
    for (const box of document.querySelectorAll(".slider")) box.dataset.frames = new URL(box.dataset.frames, location)
    const frames = [...document.querySelectorAll(".slider source")].map(source => new URL(source.srcset, location))
    setTimeout(() => frames.forEach(frame => { new Image().src = frame }), 1000)
  })

  /* What waits below the window (site.css), but for long tables, is laid out by and by when there is nothing else to do. A page that
     is swapped in is whole at once: one may come back to it, at any height. */
  let first = true
  document$.subscribe(() => {
    if (!first) return document.documentElement.classList.add("whole")
    first = false
    const waiting = [...document.querySelectorAll(".md-typeset > *, .md-typeset > .highlight > pre")]
    const on = () => {
      for (const block of waiting.splice(0, 3)) block.style.contentVisibility = "visible"
      if (waiting.length) requestIdleCallback(on)
    }
    if (window.requestIdleCallback) requestIdleCallback(on)
  })

  /* The theme keeps where one stands 100 ms after one stops, under the address of then: while a page is still under way, that would
     be where one stood on the last one, and the page would open there. */
  const keep = history.replaceState
  let shown
  document$.subscribe(() => { shown = location.pathname })
  history.replaceState = (...place) => { if (location.pathname === shown) keep.apply(history, place) }

  /* A blank runs beside the page, in a Python that comes when it is first wanted. What never ends is stopped. */
  const own = document.currentScript.src, LIMIT = 10
  let python
  document.addEventListener("submit", event => {
    const form = event.target.closest?.(".blank")
    if (!form) return
    event.preventDefault()
    if (form.matches("[aria-busy=true]")) return
    form.setAttribute("aria-busy", "true")
    const tell = (text, right) => {
      form.removeAttribute("aria-busy")
      form.classList.toggle("right", right === true)
      form.querySelector("output").textContent = text
      clearTimeout(form.limit)
    }
    form.querySelector("output").textContent = "Python is coming."
    python ??= new Worker(new URL("blank.js", own), { type: "module" })
    python.onmessage = ({ data: { absent, begins, text, right } }) => {
      if (absent) return tell(`Python cannot be had: ${absent}. Answer it on your own machine, or by hand.`)
      if (!begins) return tell(text, right)
      form.querySelector("output").textContent = "It runs."
      form.limit = setTimeout(() => {
        python.terminate()
        python = null
        tell(`It ran for ${LIMIT} seconds and was stopped. Does a loop never end?`)
      }, 1000 * LIMIT)
    }
    const address = new URL(form.dataset.python, location)
    python.postMessage({ address: address.href, answer: form.querySelector("textarea").value, check: form.dataset.check })
  })
  document$.subscribe(() => document.querySelectorAll(".blank").forEach(form => { form.hidden = false }))

  /* The theme opens every fold for paper. What the reader has not opened stays folded: its content is not printed. */
  const folds = () => document.querySelectorAll("details")
  addEventListener("beforeprint", () => folds().forEach(fold => fold.classList.toggle("folded", !fold.open)), true)
  addEventListener("afterprint", () => folds().forEach(fold => fold.classList.remove("folded")))

  /* The search takes a word for the beginning of words, and an "a" for all that begin with it: a question is asked without. */
  const small = new Set("an and are by do does for how in is it my of on the to vs what when which why with".split(" "))
  const post = Worker.prototype.postMessage
  Worker.prototype.postMessage = function (message, ...rest) {
    if (message?.type === 2) {
      const words = message.data.split(/\s+/).filter(word => word.length > 1 && !small.has(word.toLowerCase()))
      if (words.length) message = { ...message, data: words.join(" ") }
    }
    return post.call(this, message, ...rest)
  }

  const tex = math => {
    const text = math.getAttribute("alttext")
    return math.getAttribute("display") === "block" ? `$$${text}$$` : `$${text}$`
  }
  const enclosing = node => (node.nodeType === 1 ? node : node.parentElement)?.closest("math")

  document.addEventListener("copy", event => {
    const selection = getSelection()
    if (!selection.rangeCount || selection.isCollapsed) return
    const range = selection.getRangeAt(0).cloneRange()
    const [first, last] = [enclosing(range.startContainer), enclosing(range.endContainer)]
    if (first) range.setStartBefore(first)
    if (last) range.setEndAfter(last)
    const part = range.cloneContents()
    const formulas = part.querySelectorAll("math")
    if (!formulas.length) return
    for (const math of formulas) math.replaceWith(tex(math))
    event.clipboardData.setData("text/plain", part.textContent)
    event.preventDefault()
  })
})()
