// Asks for the last requests every second and shows them; sends a switch when it is turned.
const rows = document.querySelector('#requests')
const total = document.querySelector('#total')
const empty = document.querySelector('#empty')
const switches = [...document.querySelectorAll('input[type=checkbox]')]

for (const { name } of switches) {
  document.querySelector(`input[name=${name}]`).addEventListener('change', ({ target }) =>
    fetch('/switches', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ [name]: target.checked }),
    }),
  )
}

async function refresh() {
  try {
    const answer = await fetch('/requests')
    show(await answer.json())
  } catch {
    total.textContent = 'The receiver does not answer.'
  }
  setTimeout(refresh, 1000)
}

function show(state) {
  for (const input of switches) input.checked = state.switches[input.name]
  total.textContent = `${state.total} received`
  empty.hidden = state.total > 0
  rows.replaceChildren(...state.requests.map(row))
}

function row(request) {
  const line = document.createElement('tr')
  line.append(
    cell(new Date(request.at).toLocaleTimeString()),
    cell(request.verified ? '✓ verified' : '✗ not verified', request.verified ? 'good' : 'bad'),
    cell(request.status ?? 'cut', request.status === 200 ? 'good' : 'bad'),
    cell(request.position ?? ''),
    cell(request.key ?? ''),
    cell(request.attempt ?? ''),
    cell(request.body),
  )
  return line
}

function cell(text, className = '') {
  const element = document.createElement('td')
  element.textContent = text
  element.className = className
  return element
}

refresh()
