// Package talk is the form as a conversation in plain text: one question at a time, answered as people write.
//
// It is another face of core/form and decides nothing that the form decides. Next says what stands now: a question with
// its hint and numbered options, what the city has already and where from, the answers read back, the consent, or why one
// may not apply. Hear understands a reply and gives answers for form.BindJSON, or what else the person wants. What is
// right, asked, known and allowed comes from form.Show alone, so every channel asks the same and gives the same answers.
//
// A conversation's state is a Dialogue: names of questions and no answers, so that a channel may keep it anywhere. Answers
// live where the channel keeps them (a draft), those refused or half given as form.Typed.
//
// It owns the words of the conversation and the free forms of replies (yes and no, days, lists of options, commands) in
// both languages at once. It does not own the form (core/form), drafts and submission (core/apply), files or terminals: a
// file is sent by the channel, and a reply to such a question is handed to it as it stands.
//
// Life cycle: functions only; safe for concurrent use.
package talk
