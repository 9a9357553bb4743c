// @ts-check
// A cover over the prize that pointers, fingers and arrow keys scratch off; a button takes it away. The
// prize is claimed when that begins.
define('pz-scratch-coupon', (element) => {
  const canvas = findInside(element, '.pz-scratch-cover');
  const button = findInside(element, '.pz-reveal');
  const context = canvas.getContext('2d');
  // Where the coin has been, of six by four places.
  const gone = new Set();
  let row = 0;

  const begin = () => {
    // Until then the cover is the style sheet's.
    if (!gone.size) {
      canvas.width = canvas.offsetWidth;
      canvas.height = canvas.offsetHeight;
      const silver = context.createLinearGradient(0, 0, canvas.width, 0);
      ['#aab', '#dde', '#bbc', '#ccd'].forEach((color, i) => silver.addColorStop(i / 3, color));
      context.fillStyle = silver;
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.globalCompositeOperation = 'destination-out';
      context.lineWidth = canvas.width / 6;
      context.lineCap = 'round';
      mark(canvas, 'drawn');
      mark(canvas.parentNode, 'begun');
    }
    return told(element, 'claim') === null || claim(element);
  };
  // Without an answer it can be tried again.
  const reveal = async () => {
    const hadFocus = hasFocus(button);
    if (await begin()) {
      mark(element, 'revealed');
      hadFocus && moveFocus(findInside(element, '.pz-scratch-prize'));
    }
  };
  const scratch = (x, y) => {
    begin();
    context.lineTo(x * canvas.width, y * canvas.height);
    context.stroke();
    if (gone.add(Math.floor(x * 6) + 6 * Math.floor(y * 4)).size > 10) {
      reveal();
    }
  };

  ['pointerdown', 'pointermove'].forEach((name, isMove) => listen(canvas, name, ({ buttons, offsetX, offsetY }) => {
    isMove || context.beginPath();
    buttons && scratch(offsetX / canvas.offsetWidth, offsetY / canvas.offsetHeight);
  }));
  listen(button, 'click', reveal);
  listen(button, 'keydown', (event) => {
    if (/^Arrow/.test(event.key)) {
      event.preventDefault();
      // From edge to edge.
      context.beginPath();
      for (let column = 0.5; column < 6; column++) {
        scratch(column / 6, ((row % 4) + 0.5) / 4);
      }
      row++;
    }
  });
});
