// An error page that asks again by itself, once what it said has passed.

const after = Number(document.querySelector('main')?.dataset.retry);
if (after > 0) setTimeout(() => location.reload(), after * 1000);

export {};
