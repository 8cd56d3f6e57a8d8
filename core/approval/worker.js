// Shows what the city asks while no page of it is open. It keeps nothing and fetches nothing.
self.addEventListener('push', (event) => {
  let message = {};
  try {
    message = event.data ? event.data.json() : {};
  } catch (error) {
    return;
  }
  const path = typeof message.path === 'string' && message.path.startsWith('/approve/') ? message.path : '/approve';
  event.waitUntil(self.registration.showNotification(String(message.title || ''), {
    body: String(message.body || ''), tag: String(message.tag || 'approval'), renotify: true, requireInteraction: true, data: { path },
  }));
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(event.notification.data.path));
});
