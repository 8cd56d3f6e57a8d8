// Progressive enhancement only: every page works without this file.
(() => {
  const all = (selector, root = document) => root.querySelectorAll(selector);

  // A form that came back with faults starts at the summary.
  const summary = document.getElementById('error-summary');
  if (summary) summary.focus({ preventScroll: true });

  // "/" goes to the search.
  addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || event.target.isContentEditable) return;
    const search = document.querySelector('input[type=search]');
    if (search) {
      event.preventDefault();
      search.focus();
    }
  });

  // Menus close by a click elsewhere and by Escape.
  const menus = all('details.mnav');
  addEventListener('click', (event) => {
    for (const menu of menus) if (!menu.contains(event.target)) menu.open = false;
  });
  addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    for (const menu of menus) {
      if (!menu.open) continue;
      menu.open = false;
      menu.querySelector('summary').focus();
    }
  });

  // Characters left.
  for (const area of all('textarea[data-count]')) {
    const line = document.getElementById(area.id + '-count');
    if (!line) continue;
    const limit = Number(area.dataset.count);
    const show = () => {
      const left = limit - [...area.value].length;
      line.textContent = (left < 0 ? line.dataset.over : line.dataset.left) + ' ' + Math.abs(left);
      line.classList.toggle('is-over', left < 0);
    };
    area.addEventListener('input', show);
    show();
  }

  // A question before what cannot be undone.
  addEventListener('click', (event) => {
    const button = event.target.closest('[data-confirm]');
    if (button && !confirm(button.dataset.confirm)) event.preventDefault();
  });

  // A dialog instead of the page that asks the same.
  addEventListener('click', (event) => {
    const opener = event.target.closest('[data-dialog]');
    const dialog = opener && document.getElementById(opener.dataset.dialog);
    if (!dialog || !dialog.showModal) return;
    event.preventDefault();
    dialog.showModal();
  });

  // The names of the files that were chosen.
  for (const input of all('.upload input[type=file]')) {
    const label = input.parentNode.querySelector('[data-upload-label]');
    if (!label) continue;
    const empty = label.textContent;
    input.addEventListener('change', () => {
      const files = [...input.files];
      label.textContent = files.length > 2 ? label.dataset.many + ' ' + files.length : files.map((file) => file.name).join(', ') || empty;
    });
  }

  // Ticks of a table: all at once, and how many.
  for (const form of all('form')) {
    const shown = form.querySelector('[data-chosen]');
    const main = form.querySelector('[data-select-all]');
    if (!main) continue;
    const ticks = all('input[name="' + CSS.escape(main.dataset.selectAll) + '"]', form);
    const count = () => {
      const chosen = [...ticks].filter((tick) => tick.checked).length;
      main.checked = chosen > 0 && chosen === ticks.length;
      main.indeterminate = chosen > 0 && chosen < ticks.length;
      if (shown) shown.textContent = chosen;
    };
    main.addEventListener('change', () => {
      for (const tick of ticks) tick.checked = main.checked;
      count();
    });
    for (const tick of ticks) tick.addEventListener('change', count);
    count();
  }

  // A draft is saved while the person types. Files wait for the button. The server answers with the line to show.
  // A choice may open or close other questions of the page: the saved page tells which there are now.
  const questions = (form) => [...form.querySelectorAll('input, select, textarea, option')]
    .filter((field) => field.type !== 'hidden')
    .map((field) => `${field.name}:${/radio|checkbox/.test(field.type) || field.tagName === 'OPTION' ? field.value : ''}`).join();
  const follow = async (form, chosen) => {
    const answer = await fetch(location.pathname, { headers: { Accept: 'text/html' } });
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('form[data-autosave]');
    if (!answer.ok || !fresh || questions(fresh) === questions(form)) return;
    sessionStorage.setItem('posad-focus', chosen);
    location.assign(location.pathname);
  };
  const returned = document.getElementById(sessionStorage.getItem('posad-focus') || '');
  sessionStorage.removeItem('posad-focus');
  if (returned) returned.focus();

  for (const form of all('form[data-autosave]')) {
    const line = form.querySelector('[data-autosave-state]');
    let timer = 0;
    let sending = null;
    let chosen = ''; // id of the choice that was made last; empty: something was typed
    const save = async () => {
      if (sending) sending.abort();
      sending = new AbortController();
      const body = new URLSearchParams();
      for (const [name, value] of new FormData(form)) if (typeof value === 'string') body.append(name, value);
      if (line) line.textContent = line.dataset.saving;
      try {
        const answer = await fetch(form.dataset.autosave, { method: 'POST', body, signal: sending.signal, headers: { Accept: 'text/plain' } });
        const text = await answer.text();
        if (line) line.textContent = answer.ok ? text.slice(0, 200) : line.dataset.failed;
        if (answer.ok && chosen) await follow(form, chosen);
      } catch (error) {
        if (error.name !== 'AbortError' && line) line.textContent = line.dataset.failed;
      }
    };
    const later = (event) => {
      clearTimeout(timer);
      chosen = event.target.matches('select, [type=radio], [type=checkbox]') ? event.target.id : '';
      timer = setTimeout(save, chosen ? 150 : 1200);
    };
    form.addEventListener('input', later);
    form.addEventListener('submit', () => {
      clearTimeout(timer);
      if (sending) sending.abort();
    });
  }

  // A browser that approves sign-ins asks now and then whether one waits: with no cookie, so that a forgotten page keeps no
  // session open.
  const approver = localStorage.getItem('posad-approver');
  if (approver && !location.pathname.startsWith('/approve')) {
    const look = async () => {
      if (document.visibilityState !== 'visible' || document.getElementById('approval-waits')) return;
      try {
        const headers = { 'X-Approver': approver, 'Accept-Language': document.documentElement.lang };
        const answer = await fetch('/approve/push/waits', { credentials: 'omit', headers });
        if (answer.status !== 200) return;
        const box = document.createElement('div');
        const link = document.createElement('a');
        box.id = 'approval-waits';
        box.className = 'notice notice--warning';
        box.setAttribute('role', 'alert');
        link.href = '/approve';
        link.textContent = await answer.text();
        box.append(link);
        (document.querySelector('main') || document.body).prepend(box);
      } catch (error) {
        // the next look tells
      }
    };
    setInterval(look, 10000);
    look();
  }
})();
