/* Runs an answer and its check in a Python of its own, beside the page. */
let python

const start = async address => {
  const { loadPyodide } = await import(address)
  const [interpreter, ours] = await Promise.all([
    loadPyodide(),
    fetch(new URL("blank.py", import.meta.url)).then(file => file.text()),
  ])
  interpreter.runPython(ours)
  return interpreter.globals.get("tried")
}

onmessage = async ({ data: { address, answer, check } }) => {
  let tried
  try {
    tried = await (python ??= start(address))
  } catch (error) {
    python = null
    return postMessage({ absent: String(error) })
  }
  postMessage({ begins: true })
  const found = tried(answer, check)
  const [text, right] = found.toJs()
  found.destroy()
  postMessage({ text, right })
}
