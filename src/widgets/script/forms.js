// @ts-check
// Forms of widgets:
//   form[data-pz-lead]     an address that a visitor leaves; goes to the form's own action
//   form[data-pz-survey]   questions, one at a time: fieldset[data-pz-question=ID]. An answer is
//                          reported when its question is left, so that half a survey is not lost
const thank = (form) => {
  const thanks = findInside(form, '.pz-thanks');
  mark(form, 'sent');
  of(campaignOf(form)).taken_ = true;
  turn(thanks, true);
  moveFocus(thanks);
};
const answerOf = (part) => findAll('input, textarea, select', part)
  .filter(({ type, checked }) => checked || !/radio|checkbox/.test(type))
  .map(({ value }) => value.trim()).filter(Boolean).join('|').slice(0, 340);

// An impatient finger sends a form twice.
const submitLead = async (form) => {
  if (of(form).sending_) {
    return;
  }
  of(form).sending_ = true;
  const action = attribute(form, 'action');
  const url = action && new URL(action, location.href);
  // Without leaving the page, where the address is of this site.
  if (url && url.origin !== origin) {
    report('lead', campaignOf(form));
    send();
    form.submit();
  } else if (!url || await fetch(url, { method: 'POST', body: new URLSearchParams(/** @type {any} */ (new FormData(form))) })
    .then(({ ok }) => ok, () => false)) {
    // Where the shop has no address of its own for it, what the visitor left goes along.
    report('lead', campaignOf(form), [['text', url ? '' : answerOf(form)]]);
    thank(form);
  } else {
    of(form).sending_ = false;
    turn(findInside(form, '.pz-lead-failed'), true);
  }
};

// A question keeps the answer that was reported.
const leaveQuestion = (question) => {
  const text = answerOf(question);
  if (text && of(question).answer_ !== text) {
    of(question).answer_ = text;
    of(campaignOf(question)).taken_ = true;
    report('answer', campaignOf(question), [['question', told(question, 'question')], ['text', text]]);
  }
};
// What was chosen, though not sent, when a dialog is closed or the page left.
const leaveQuestions = () => findAll('[data-pz-survey] > [data-pz-question]:not([hidden])').forEach(leaveQuestion);
const submitSurvey = (form) => {
  const questions = findAll('[data-pz-question]', form);
  const at = questions.findIndex((question) => !question.hidden);
  const next = questions[at + 1];
  leaveQuestion(questions[at]);
  if (next) {
    turn(questions[at], false);
    turn(next, true);
    moveFocus(next);
  } else {
    report('finish', campaignOf(form));
    thank(form);
  }
};

listen(document, 'submit', (event) => {
  const form = event.target;
  const submit = told(form, 'lead') !== null ? submitLead : told(form, 'survey') !== null && submitSurvey;
  if (submit) {
    event.preventDefault();
    submit(form);
  }
});
