// An error page that asks again by itself once what it said has passed, and that can forget a device which nobody recognises.

const main = document.querySelector('main');
const after = Number(main?.dataset.retry);
if (after > 0) setTimeout(() => location.reload(), after * 1000);

const forget = document.getElementById('forget');
document.documentElement.classList.add('live');
forget?.addEventListener('click', async () => {
  if (!confirm(forget.dataset.ask)) return;
  await fetch('/v1/shopper', { method: 'DELETE' });
  location.reload();
});

export {};
