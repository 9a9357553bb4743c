// Opens once in a page, when the visitor is about to leave: the pointer leaves at the top edge, or a
// finger scrolls up fast. The server decides in which pages. Esc and focus are the browser's part.
define('pz-exit-popup', class extends HTMLElement {
  connectedCallback() {
    if (this.isOpening) {
      return;
    }
    this.leaving = new AbortController();
    const { signal } = this.leaving;
    const leave = () => this.open();

    listen(document, 'mouseout', (event) => {
      if (!event.relatedTarget && event.clientY <= 0) {
        leave();
      }
    }, { signal });

    if (matchMedia('(pointer: coarse)').matches) {
      this.watchScroll(leave, signal);
    }
  }

  disconnectedCallback() {
    if (!this.isOpening) {
      this.leaving?.abort();
    }
  }

  async open() {
    const dialog = this.querySelector('dialog');
    // Never over another dialog.
    const isTaken = () => !dialog || find(document, 'dialog[open]');
    if (isTaken() || this.isAsking) {
      return;
    }
    this.isAsking = true;
    const may = await mayShow(this);
    this.isAsking = false;
    if (!may || isTaken() || this.leaving.signal.aborted || !this.showDialog(dialog)) {
      return;
    }
    this.leaving.abort();
    dialog.addEventListener('click', (event) => {
      // The card fills the dialog: a click on the dialog itself is on the backdrop.
      if (event.target === dialog) {
        dialog.close();
      }
    });
    // (The event of an attempt in showDialog() comes late.)
    dialog.addEventListener('close', () => dialog.open || dismiss(this));
  }

  // Opens the dialog. In a parent that is not rendered, be it hidden or closed, nobody would see it, and
  // in one without pointer events nobody could close it with a mouse; the page would be inert all the
  // same: then it moves to the end of the body. False if that does not help.
  showDialog(dialog) {
    const isSeen = () => {
      dialog.showModal();
      return dialog.offsetWidth > 0 && dialog.checkVisibility?.() !== false &&
        getComputedStyle(dialog).pointerEvents !== 'none';
    };
    if (isSeen()) {
      return true;
    }
    dialog.close();
    const { parentNode, nextSibling } = this;
    this.isOpening = true;
    member(Document, 'body')(document).append(this);
    const isShown = isSeen();
    if (!isShown) {
      dialog.close();
      member(Node, 'insertBefore')(parentNode, this, nextSibling);
    }
    this.isOpening = false;
    return isShown;
  }

  // Opens after 400 px upwards within 300 ms by a visitor who was further down than one screen. A finger
  // has to have done that: what a link to the top or a script scrolls, and the browser's own ways to the
  // top, are none.
  watchScroll(leave, signal) {
    let lowest = 0;
    let since = 0;
    let from = 0;
    const finger = { isDown: false, top: 0 };
    // The page follows a finger that moves down, or still rolls from its swing.
    let follows = false;
    let moved = 0;
    const on = (name, then) => listen(document, name, then, { signal, passive: true, capture: true });

    on('touchstart', ({ touches }) => {
      Object.assign(finger, { isDown: true, top: touches[0].clientY });
      follows = false;
    });
    on('touchmove', ({ touches, timeStamp }) => {
      const y = touches[0].clientY;
      finger.top = Math.min(finger.top, y);
      // A finger that taps trembles.
      follows = y - finger.top > 10;
      moved = timeStamp;
    });
    const lift = () => {
      finger.isDown = false;
    };
    on('touchend', lift);
    on('touchcancel', lift);
    on('click', () => {
      follows = false;
    });
    on('scroll', ({ target, timeStamp: now }) => {
      if (target !== document) {
        return;
      }
      const y = scrollY;
      // What comes after a pause is no swing.
      follows &&= finger.isDown || now - moved < 200;
      moved = now;
      if (!follows || y > from || now - since > 300) {
        since = now;
        from = y;
      } else if (from - y > 400 && lowest > innerHeight) {
        leave();
      }
      lowest = Math.max(lowest, y);
    });
  }
});
