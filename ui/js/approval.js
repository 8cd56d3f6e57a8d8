// The page that turns approvals on: asks the browser for messages, then posts the form as it would without this file. A
// browser that takes no messages, or a person who wants none, is told so and turned on without them.
(() => {
  const poll = document.getElementById('approval-poll');
  if (poll) {
    if (poll.hasAttribute('data-on')) localStorage.setItem('posad-approver', poll.dataset.key);
    else localStorage.removeItem('posad-approver');
  }

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

  for (const box of document.querySelectorAll('[data-push-key]')) {
    const form = box.querySelector('form');
    const line = box.querySelector('[data-push-denied]');
    const subscribe = async () => {
      const registration = await navigator.serviceWorker.register(box.dataset.pushWorker);
      await navigator.serviceWorker.ready;
      const old = await registration.pushManager.getSubscription();
      if (old) await old.unsubscribe(); // it may be of another key
      return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(box.dataset.pushKey) });
    };
    const say = (words) => {
      line.textContent = words;
      return new Promise((done) => setTimeout(done, 2500));
    };
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      try {
        if (!('serviceWorker' in navigator) || !('PushManager' in window)) throw new Error('no messages');
        if ((await Notification.requestPermission()) !== 'granted') await say(line.dataset.pushDenied);
        else {
          const made = await subscribe();
          form.elements.endpoint.value = made.endpoint;
          form.elements.p256dh.value = text(made.getKey('p256dh'));
          form.elements.auth.value = text(made.getKey('auth'));
        }
      } catch (error) {
        await say(line.dataset.pushFailed);
      }
      form.submit();
    });
  }
})();
