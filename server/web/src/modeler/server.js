/** Send a diagram and the texts of the files beside it, by name, to the server, and return its answer as {ok, status, ...JSON}; never throws. */
export async function send(address, xml, beside, fields = {}, signal = undefined) {
  const body = new FormData();
  body.append('diagram', new Blob([xml], { type: 'application/xml' }), 'diagram.bpmn');
  for (const [name, text] of Object.entries(beside)) body.append('beside', new Blob([text], { type: 'text/plain' }), name);
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  const headers = { 'X-CSRFToken': document.querySelector('meta[name=csrf-token]').content };
  try {
    const answer = await fetch(address, { method: 'POST', body, headers, signal });
    // Who is signed out is sent to another page, which is no answer to this question.
    if (answer.redirected) return { ok: false, status: 401 };
    return { ...(await answer.json()), ok: answer.ok, status: answer.status };
  } catch (error) {
    return { ok: false, status: error.name === 'AbortError' ? 'overtaken' : 0 };
  }
}
