// @ts-check
// How far the cart is from a goal, kept right when the cart changes in the page: by pz.set('cart_value', N),
// the event pz:set, or what dataLayer says of the cart. On the element,
//   data-pz-value, data-pz-goals='[50,80]', data-pz-texts='["{remaining} to …", …]', data-pz-done-text,
//   data-pz-locale, data-pz-currency
define('pz-purchase-progress', (element) => {
  const list = (name) => JSON.parse(told(element, name));
  const [goals, texts] = [list('goals'), list('texts')];
  const currency = told(element, 'currency');
  const money = new Intl.NumberFormat(told(element, 'locale'), currency ? { style: 'currency', currency } : {});
  const update = () => {
    const next = goals.findIndex((goal) => cart < goal);
    const text = next < 0 ? told(element, 'done-text') : texts[next] ?? texts[0];
    text && setText(findInside(element, '.pz-progress-text'), text.replaceAll('{remaining}', () => money.format(goals[next] - cart)));
    // One for each step. What is below 0 or beyond its end is shown as that.
    findAll('progress', element).forEach((bar) => {
      bar.value = cart - told(bar, 'from');
    });
    findAll('.pz-progress-step', element).forEach((step, i) => mark(step, 'reached', cart >= goals[i]));
  };
  progresses.push(update);
  // What is known from before, on a page that has come since, is as old as that one.
  isCartSet ? update() : cart >= 0 || (cart = Number(told(element, 'value')));
});
