// @ts-check
// A button that opens a card beside it. Focus goes into the card and comes back.
define('pz-floating-icon', (element) => {
  const button = findInside(element, '.pz-fab');
  const card = findInside(element, '.pz-fab-card');
  const put = (isOpen) => {
    const hadFocus = hasFocus(card);
    setAttribute(button, 'aria-expanded', `${isOpen}`);
    turn(card, isOpen);
    if (isOpen) {
      turn(findInside(button, '.pz-badge'), false);
      moveFocus(card);
    } else if (hadFocus) {
      button.focus();
    }
  };
  listen(element, 'click', ({ target }) => {
    if (button.contains(target)) {
      put(card.hidden);
    } else if (closest(target, '[data-pz-close]')) {
      put(false);
    }
  });
  listen(element, 'keydown', ({ key }) => key === 'Escape' && put(false));
});
