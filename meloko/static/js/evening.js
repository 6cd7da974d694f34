// Keying a sheet: Enter goes to the next line, one key says what became of it. The page works without this file.

for (const form of document.querySelectorAll("[data-evening]")) {
  const issues = () => [...form.querySelectorAll("[data-issue]:not([disabled])")];
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.target.matches("button, a")) return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) return form.requestSubmit(form.querySelector("[data-save]"));
    const row = event.target.closest("tr");
    const at = issues().findIndex((field) => row.contains(field));
    const next = issues()[at + (event.shiftKey ? -1 : 1)];
    const there = next ?? (event.shiftKey ? null : form.querySelector("[data-save]"));
    there?.focus();
  });
  // What stands in a box of one letter must not keep another out.
  form.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-issue]")) event.target.select();
  });
  form.addEventListener("input", (event) => {
    if (event.target.matches("[data-issue]")) event.target.value = event.target.value.toUpperCase();
  });
  // A second Enter or a double click is the same sending: the key of the page says so, the button too.
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  const wrong = form.querySelector("[aria-invalid]");
  if (!wrong) (issues().find((field) => !field.value) ?? issues()[0])?.focus();
}
