// The author's studio: colours, numbers, marks of faults and completion of keys over a plain text area, which stays what is
// typed into and sent. Everything works without it.
(() => {
  const wait = document.querySelector('[data-studio-wait]');
  if (wait) setTimeout(() => location.reload(), 2000);

  const box = document.querySelector('[data-studio-editor]');
  if (!box) return;
  const area = box.querySelector('textarea');
  const make = (name, kind) => {
    const out = document.createElement(name);
    out.className = kind;
    return out;
  };
  const frame = make('div', 'studio-frame');
  const gutter = make('pre', 'studio-gutter');
  const back = make('pre', 'studio-back');
  const list = make('ul', 'studio-complete');
  gutter.setAttribute('aria-hidden', 'true');
  back.setAttribute('aria-hidden', 'true');
  list.id = 'studio-complete';
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', area.labels[0].textContent);
  list.hidden = true;
  area.before(frame);
  frame.append(gutter, back, area, list);
  box.classList.add('is-better');

  const faults = new Map(
    box.dataset.studioMarks.split(' ').filter(Boolean).map((mark) => mark.split(':').map(Number)),
  );

  // A line is taken apart in one pass; what is not understood is shown as it is.
  const token = /(#.*$)|("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|([\w.-]+)(?=\s*:(?:\s|$))|\b(true|false|null|-?\d+(?:\.\d+)?)\b|([{}[\],|>])/g;
  const kinds = ['note', 'text', 'key', 'value', 'sign'];
  const most = 200000;
  const paint = () => {
    const lines = area.value.split('\n');
    gutter.textContent = lines.map((_, i) => (faults.has(i + 1) ? '●' : ' ') + (i + 1)).join('\n') + '\n';
    if (area.value.length > most) {
      back.textContent = area.value + '\n';
      return;
    }
    const all = document.createDocumentFragment();
    lines.forEach((line, i) => {
      const row = make('span', faults.has(i + 1) ? 'is-wrong' : '');
      let at = 0;
      for (const found of line.matchAll(token)) {
        row.append(line.slice(at, found.index));
        const part = make('span', 's-' + kinds[found.slice(1).findIndex((group) => group !== undefined)]);
        part.textContent = found[0];
        row.append(part);
        at = found.index + found[0].length;
      }
      row.append(line.slice(at) + '\n');
      all.append(row);
    });
    back.replaceChildren(all);
  };
  const follow = () => {
    back.scrollTop = gutter.scrollTop = area.scrollTop;
    back.scrollLeft = area.scrollLeft;
  };

  const line = Number(box.dataset.studioLine);
  const jump = (number) => {
    const before = area.value.split('\n').slice(0, number - 1).join('\n').length + (number > 1 ? 1 : 0);
    area.focus();
    area.setSelectionRange(before, before);
    area.scrollTop = Math.max(0, (number - 8) * parseFloat(getComputedStyle(area).lineHeight));
  };

  // Completion: the place of the cursor in the schema is found by the indents above it.
  let schema = null;
  const load = () => {
    if (schema || !box.dataset.studioEditor) return Promise.resolve(schema);
    return fetch('/studio/schema/' + box.dataset.studioEditor)
      .then((answer) => (answer.ok ? answer.json() : null))
      .then((got) => (schema = got), () => null);
  };
  const deref = (one) => {
    while (one && (one.$ref || one.items)) one = one.$ref ? schema.$defs[one.$ref.slice(8)] : one.items;
    return one;
  };
  const place = () => {
    const before = area.value.slice(0, area.selectionStart).split('\n');
    const here = before.pop();
    const parts = /^([\s-]*)(?:([\w-]+):\s+)?([\w-]*)$/.exec(here);
    if (!parts) return null;
    let indent = parts[1].length;
    const path = [];
    for (let i = before.length - 1; i >= 0 && indent > 0; i--) {
      const up = /^([\s-]*)([\w-]+):\s*$/.exec(before[i]);
      if (up && up[1].length < indent) {
        path.unshift(up[2]);
        indent = up[1].length;
      }
    }
    return { path, key: parts[2], typed: parts[3] };
  };
  const offers = (at) => {
    let one = deref(schema);
    for (const key of at.path) one = one && one.properties ? deref(one.properties[key]) : null;
    if (!one || !one.properties) return [];
    if (at.key) {
      const value = deref(one.properties[at.key]);
      return ((value && value.enum) || []).map((word) => ({ text: word, about: '' }));
    }
    return Object.keys(one.properties).map((key) => ({ text: key + ': ', about: one.properties[key].description || '' }));
  };
  let chosen = 0;
  let shown = [];
  const close = () => {
    list.hidden = true;
    area.removeAttribute('aria-activedescendant');
    area.removeAttribute('aria-controls');
  };
  const mark = () => {
    [...list.children].forEach((option, i) => option.setAttribute('aria-selected', String(i === chosen)));
    area.setAttribute('aria-activedescendant', 'studio-option-' + chosen);
    list.children[chosen].scrollIntoView({ block: 'nearest' });
  };
  const take = (i) => {
    const at = place();
    if (at) area.setRangeText(shown[i].text, area.selectionStart - at.typed.length, area.selectionStart, 'end');
    close();
    paint();
  };
  const offer = () =>
    load().then(() => {
      const at = schema && place();
      shown = at ? offers(at).filter((one) => one.text.startsWith(at.typed) && one.text !== at.typed).slice(0, 40) : [];
      if (!shown.length) return close();
      chosen = 0;
      list.replaceChildren(
        ...shown.map((one, i) => {
          const option = make('li', '');
          option.id = 'studio-option-' + i;
          option.setAttribute('role', 'option');
          const name = make('code', '');
          name.textContent = one.text;
          option.append(name, ' ' + one.about);
          option.addEventListener('mousedown', (event) => {
            event.preventDefault();
            take(i);
          });
          return option;
        }),
      );
      list.hidden = false;
      area.setAttribute('aria-controls', list.id);
      mark();
    });

  // Tab indents; after Esc it leaves the field, as the line above the field says.
  let leaving = false;
  area.addEventListener('keydown', (event) => {
    if (event.key === ' ' && event.ctrlKey) {
      event.preventDefault();
      offer();
      return;
    }
    if (!list.hidden && ['ArrowDown', 'ArrowUp', 'Enter', 'Tab', 'Escape'].includes(event.key)) {
      event.preventDefault();
      if (event.key === 'Escape') close();
      else if (event.key.startsWith('Arrow')) {
        chosen = (chosen + (event.key === 'ArrowDown' ? 1 : shown.length - 1)) % shown.length;
        mark();
      } else take(chosen);
      return;
    }
    if (event.key === 'Escape') leaving = true;
    else if (event.key === 'Tab' && !event.shiftKey && !leaving && !area.readOnly) {
      event.preventDefault();
      area.setRangeText('  ', area.selectionStart, area.selectionEnd, 'end');
      paint();
    } else if (event.key !== 'Tab') leaving = false;
  });
  area.addEventListener('input', () => {
    paint();
    if (!list.hidden) offer();
  });
  area.addEventListener('blur', () => {
    leaving = false;
    close();
  });
  area.addEventListener('scroll', follow);
  paint();
  if (line > 0) jump(line);
})();
