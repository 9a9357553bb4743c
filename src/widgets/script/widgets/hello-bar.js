// @ts-check
// Several messages take turns, unless the visitor is at the bar, or wants no motion; a button shows the
// next one.
define('pz-hello-bar', (element) => {
  const messages = findAll('.pz-bar-message', element);
  const button = findInside(element, '.pz-bar-next');
  if (!button) {
    return;
  }
  let at = 0;
  const next = () => {
    at = (at + 1) % messages.length;
    messages.forEach((message, i) => turn(message, i === at));
  };
  turn(button, true);
  listen(button, 'click', next);
  setInterval(() => {
    if (!isHidden() && !matches(element, ':hover, :focus-within') && !matchMedia('(prefers-reduced-motion: reduce)').matches) {
      next();
    }
  }, 6000);
});
