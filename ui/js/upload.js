// Files go to the city as soon as they are chosen, in parts, and go on after the line broke (tus 1.0). Without this file they
// go with the form, as they do where the city takes no parts. What is half-way in is remembered by name, size and date of the
// file: after a reload the person chooses it once more and it goes on from where it was.
(() => {
  if (window.posadUploads) return; // several questions of a page bring this file
  window.posadUploads = true;
  const version = '1.0.0';
  const part = 256 * 1024;
  const pauses = [1, 2, 4, 8, 15, 30]; // seconds
  const store = 'posad-send';

  const recall = () => {
    try {
      return JSON.parse(localStorage.getItem(store)) || {};
    } catch (error) {
      return {};
    }
  };
  const keep = (name, address) => {
    const all = recall();
    if (address) all[name] = address;
    else delete all[name];
    try {
      localStorage.setItem(store, JSON.stringify(all));
    } catch (error) {
      // no room: after a reload it begins anew
    }
  };
  const coded = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  const sleep = (seconds) => new Promise((done) => {
    const timer = setTimeout(done, seconds * 1000);
    addEventListener('online', () => { clearTimeout(timer); done(); }, { once: true });
  });

  for (const input of document.querySelectorAll('input[type=file][data-send]')) {
    const form = input.form;
    const say = input.dataset;
    const prefix = `${say.sendDraft} ${input.name} `;
    const nameOf = (file) => prefix + [file.size, file.lastModified, file.name].join(' ');
    const token = form && form.elements._csrf ? form.elements._csrf.value : '';
    let busy = 0;

    const list = document.createElement('ul');
    list.className = 'files';
    list.setAttribute('aria-label', say.sendList);
    const line = (title, text) => {
      const item = document.createElement('li');
      const box = document.createElement('span');
      const name = document.createElement('b');
      const state = document.createElement('small');
      name.textContent = title;
      state.textContent = text;
      state.setAttribute('role', 'status');
      box.append(name, state);
      item.append(box);
      if (!list.parentNode) input.closest('.upload').after(list);
      list.append(item);
      return { item, state, box };
    };

    const ask = async (method, address, headers, body, signal) => fetch(address, {
      method, body, signal, headers: { 'Tus-Resumable': version, Accept: 'application/json', 'X-CSRF-Token': token, ...headers },
    });
    // A fault that another try does not mend carries the city's words.
    const fault = async (answer) => {
      let words = '';
      try {
        words = (await answer.json()).detail || '';
      } catch (error) {
        // an answer without words
      }
      return Object.assign(new Error(words), { told: true, status: answer.status });
    };

    const begin = async (file, signal) => {
      const meta = [['filename', file.name], ['draft', say.sendDraft], ['field', input.name]].map(([key, value]) => `${key} ${coded(value)}`).join(',');
      const answer = await ask('POST', say.send, { 'Upload-Length': String(file.size), 'Upload-Metadata': meta }, null, signal);
      if (answer.status >= 500) throw new Error();
      if (answer.status !== 201) throw await fault(answer);
      const address = answer.headers.get('Location');
      keep(nameOf(file), address);
      return { address, at: 0 };
    };
    const whereIs = async (file, signal) => {
      const address = recall()[nameOf(file)];
      if (!address) return begin(file, signal);
      const answer = await ask('HEAD', address, {}, null, signal);
      if (answer.status >= 500) throw new Error();
      if (!answer.ok) {
        keep(nameOf(file), '');
        return begin(file, signal);
      }
      return { address, at: Number(answer.headers.get('Upload-Offset')) };
    };
    const goOn = async (file, shown, signal) => {
      let { address, at } = await whereIs(file, signal);
      for (;;) {
        shown(at);
        if (at >= file.size) return;
        const headers = { 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': String(at) };
        const answer = await ask('PATCH', address, headers, file.slice(at, at + part), signal);
        if (answer.status === 409 || answer.status === 429 || answer.status >= 500) throw new Error();
        if (!answer.ok) {
          keep(nameOf(file), '');
          throw await fault(answer);
        }
        at = Number(answer.headers.get('Upload-Offset'));
      }
    };

    const send = async (file) => {
      const row = line(file.name, say.sendGoing);
      const bar = document.createElement('progress');
      const stop = document.createElement('button');
      const giveUp = new AbortController();
      bar.max = file.size;
      bar.setAttribute('aria-label', file.name);
      stop.type = 'button';
      stop.className = 'linkbtn';
      stop.textContent = say.sendCancel;
      stop.addEventListener('click', () => giveUp.abort());
      row.box.append(bar);
      row.item.append(stop);
      let failed = 0;
      let last = -1;
      const shown = (at) => {
        if (at > last) failed = 0;
        last = at;
        bar.value = at;
        row.state.textContent = `${say.sendGoing}: ${Math.floor((at / file.size) * 10) * 10} %`; // heard ten times at most
      };
      for (;;) {
        try {
          await goOn(file, shown, giveUp.signal);
          keep(nameOf(file), '');
          row.state.textContent = say.sendDone;
          return 'done';
        } catch (error) {
          if (giveUp.signal.aborted) {
            const address = recall()[nameOf(file)];
            keep(nameOf(file), '');
            if (address) ask('DELETE', address, {}).catch(() => {});
            row.item.remove();
            return 'stopped';
          }
          if (error.told) {
            row.item.remove();
            if (error.status === 404 || error.status === 405) return 'form'; // the city takes no parts here
            line(file.name, error.message || say.sendFailed).item.className = 'is-bad';
            return 'refused';
          }
          row.state.textContent = say.sendWaiting;
          await sleep(pauses[Math.min(failed++, pauses.length - 1)]);
        }
      }
    };

    input.addEventListener('change', async () => {
      const files = [...input.files];
      if (files.length === 0) return;
      input.value = ''; // the form must not carry them a second time
      busy += files.length;
      let came = false;
      const back = new DataTransfer();
      for (const file of files) {
        const end = await send(file);
        came = came || end === 'done';
        if (end === 'form') back.items.add(file);
        busy -= 1;
      }
      if (back.files.length > 0) input.files = back.files;
      else if (came && busy === 0) setTimeout(() => location.assign(location.pathname), form && form.dataset.autosave ? 1500 : 0);
    });
    if (form) form.addEventListener('submit', (event) => {
      if (busy === 0) return;
      event.preventDefault();
      const first = list.querySelector('small');
      if (first) first.textContent = say.sendBusy;
    });
    addEventListener('beforeunload', (event) => {
      if (busy > 0) event.preventDefault();
    });

    for (const [name, address] of Object.entries(recall())) {
      if (!name.startsWith(prefix)) continue;
      ask('HEAD', address, {}).then((answer) => {
        const all = Number(answer.headers.get('Upload-Length'));
        const at = Number(answer.headers.get('Upload-Offset'));
        if (!answer.ok || at >= all) keep(name, '');
        else line(name.slice(prefix.length).split(' ').slice(2).join(' '), `${Math.floor((at / all) * 100)} %. ${say.sendAgain}`);
      }, () => {});
    }
  }
})();
