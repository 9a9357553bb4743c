for (const card of document.querySelectorAll('.loyalty-card')) {
  card.classList.add('loyalty-card-ready');
}
