/** The reference page's script: sends the body of a form and shows what comes back, whole or as events. */
export const docsPageScript = String.raw`
"use strict";
for (const place of document.querySelectorAll(".origin")) place.textContent = location.origin;

for (const form of document.querySelectorAll("form[data-path]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const isStream = event.submitter !== null && event.submitter.dataset.stream === "yes";
    void send(form, isStream);
  });
}

async function send(form, isStream) {
  const status = form.querySelector(".status");
  const result = form.querySelector(".result");
  const buttons = form.querySelectorAll("button");
  const headers = { "content-type": "application/json", accept: isStream ? "text/event-stream" : "application/json" };
  const key = document.getElementById("key");
  if (key && key.value) headers.authorization = "Bearer " + key.value;
  for (const button of buttons) button.disabled = true;
  status.textContent = "Waiting…";
  result.textContent = "";
  result.hidden = false;
  const startedAt = performance.now();
  try {
    const body = form.querySelector("textarea").value;
    const response = await window.fetch(form.dataset.path, { method: "POST", headers, body });
    await show(response, result);
    status.textContent = response.status + ", " + Math.round(performance.now() - startedAt) + " ms";
  } catch (error) {
    status.textContent = "No answer: " + error.message;
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

async function show(response, result) {
  const type = response.headers.get("content-type") || "";
  if (!type.startsWith("text/event-stream")) {
    const copy = response.clone();
    result.textContent = await response.json().then((value) => JSON.stringify(value, null, 2), () => copy.text());
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    result.textContent += value;
    result.scrollTop = result.scrollHeight;
  }
}
`;
