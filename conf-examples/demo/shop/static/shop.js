// The buttons of a shop that sells nothing: adding to the cart counts for this page view only.
const status = document.querySelector('[role="status"]');
const count = document.querySelector('.count');

// On a phone the goods come first.
if (matchMedia('(max-width: 60rem)').matches) {
  document.querySelector('.filters details')?.removeAttribute('open');
}

document.addEventListener('submit', (event) => {
  event.preventDefault();
  const form = event.target;
  if (form.matches('.order')) {
    const more = Number(form.elements.quantity.value);
    const items = Number(count.textContent) + more;
    count.textContent = items;
    count.dataset.count = items;
    const button = form.querySelector('button');
    button.textContent = 'Added to your cart';
    (window.pz = window.pz || []).push(['track', 'add_to_cart', { items: [{ item_name: document.querySelector('h1').textContent, quantity: more }] }]);
    status.textContent = `Added to your cart: ${items} ${items === 1 ? 'item' : 'items'} in it.`;
  } else {
    status.textContent = form.dataset.reply ?? 'This shop is a demonstration.';
    form.reset();
  }
});
