// Puts values into the page that the server painted. The markup says where each value goes:
// data-t="path" text · data-a="attribute:path;…" attributes · data-if / data-unless="path" shown or hidden · data-off="path" disabled without it
// data-each="path" data-tpl="id" one child per item, made from that template and kept by the item's id, so that nothing jumps.

/** @param {any} scope @param {string} path @returns {any} */
const at = (scope, path) => path.split('.').reduce((value, name) => value?.[name], scope);

/** @param {any} value */
const some = (value) => (Array.isArray(value) ? value.length > 0 : Boolean(value));

/** @param {Element} root @param {any} scope */
export function paint(root, scope) {
  for (const child of [...root.children]) {
    if (!(child instanceof HTMLElement) || child.tagName === 'TEMPLATE') continue;
    own(child, scope);
    if (child.dataset.each !== undefined) each(child, scope);
    else paint(child, scope);
  }
}

/** @param {HTMLElement} element @param {any} scope */
function own(element, scope) {
  const { t, a, off } = element.dataset;
  if (element.dataset.if !== undefined) hide(element, !some(at(scope, element.dataset.if)));
  if (element.dataset.unless !== undefined) hide(element, some(at(scope, element.dataset.unless)));
  if (t !== undefined) {
    const text = String(at(scope, t) ?? '');
    if (element.textContent !== text) element.textContent = text;
  }
  for (const pair of a === undefined ? [] : a.split(';')) {
    const [name, path] = pair.split(':');
    const value = at(scope, path);
    if (value !== undefined && value !== null && element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
  }
  if (off !== undefined) {
    const control = /** @type {HTMLButtonElement} */ (element);
    const disabled = !some(at(scope, off));
    if (control.disabled !== disabled) control.disabled = disabled;
  }
}

/** @param {HTMLElement} element @param {boolean} hidden */
function hide(element, hidden) {
  if (element.hidden !== hidden) element.hidden = hidden;
}

/** @param {HTMLElement} list @param {any} scope */
function each(list, scope) {
  const items = /** @type {any[]} */ (at(scope, list.dataset.each ?? '') ?? []);
  const kept = new Map([...list.children].map((child) => [/** @type {HTMLElement} */ (child).dataset.key, child]));
  items.forEach((item, i) => {
    const key = String(item.id);
    let child = kept.get(key);
    kept.delete(key);
    if (!child) {
      child = blank(list.dataset.tpl ?? '');
      /** @type {HTMLElement} */ (child).dataset.key = key;
      for (const input of child.querySelectorAll('input[type=radio]')) /** @type {HTMLInputElement} */ (input).checked = item.checked === true;
    }
    own(/** @type {HTMLElement} */ (child), item);
    paint(child, item);
    if (list.children[i] !== child) list.insertBefore(child, list.children[i] ?? null);
  });
  for (const gone of kept.values()) gone.remove();
}

/** @param {string} id @returns {Element} */
function blank(id) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
  const first = template.content.firstElementChild;
  if (!first) throw new Error(`the template ${id} is empty`);
  return /** @type {Element} */ (first.cloneNode(true));
}
