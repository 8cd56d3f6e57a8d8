// The officials' desk by keyboard. Everything works without it; one press in the help switches it off.
(() => {
  const store = 'posad-desk-keys';
  const on = () => localStorage.getItem(store) !== 'off';
  const find = (selector) => document.querySelector(selector);

  // The switch stands in the help; it is of use only where this file runs.
  for (const box of document.querySelectorAll('[data-desk-keys]')) {
    box.closest('[hidden]').hidden = false;
    box.checked = on();
    box.addEventListener('change', () => localStorage.setItem(store, box.checked ? 'on' : 'off'));
  }

  const typing = (target) =>
    target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName) || (target.tagName === 'INPUT' && !/^(checkbox|radio)$/.test(target.type));

  // Focus itself moves, so that Enter opens and a reader says where one is.
  const move = (by) => {
    const links = [...document.querySelectorAll('.table tbody th a')];
    const row = document.activeElement && document.activeElement.closest('tr');
    const open = find('.table tr.is-open');
    const at = links.findIndex((link) => link.closest('tr') === (row || open));
    const next = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : at + by];
    if (next) next.focus();
  };

  const press = (selector) => {
    const button = find(selector);
    if (button) button.click();
  };
  const enter = (field, link) => {
    const control = find(field);
    if (control) control.focus();
    else press(link);
  };

  const keys = {
    j: () => move(1),
    k: () => move(-1),
    t: () => press('.case form[action$="/take"] button'),
    n: () => press('form[action="/desk/next"] button'),
    a: () => enter('#ask textarea', '.case a[href$="#ask"]'),
    d: () => enter('#decide input[type=radio]', '.case a[href*="#decide"]'),
    x: () => {
      const row = document.activeElement && document.activeElement.closest('tr');
      const tick = row && row.querySelector('input[type=checkbox]');
      if (tick) tick.click();
    },
    '?': () => {
      const dialog = document.getElementById('desk-keys');
      if (dialog) dialog.showModal();
    },
  };

  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat && !/^[jk]$/.test(event.key)) return;
    if (!on() || typing(event.target) || find('dialog[open]') || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });

  // An act under way shows itself anew, unless somebody is at something on the page.
  if (find('[data-desk-progress=true]')) {
    const look = () => {
      const main = find('main');
      if (main && main.contains(document.activeElement) && document.activeElement !== main) setTimeout(look, 3000);
      else location.reload();
    };
    setTimeout(look, 3000);
  }
})();
