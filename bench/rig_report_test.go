package bench

import (
	"io/fs"
	"testing/fstest"
)

// report is a service of the smallest kind that an official decides: a report of something broken in the street, which
// is what DIGIT's figures are of. An approval ends with a document, a refusal with its ground.
const report = `service: bench-report
agency: city
title: {ru: Сообщение о поломке, en: Report of a fault}
summary: {ru: "Скажите, что сломано. Город ответит за 8 рабочих дней.", en: "Say what is broken. The city answers within 8 working days."}
asked-as: {ru: [сломан фонарь], en: [broken lamp]}
icon: chats-circle
topic: city
situations: [something-wrong]
audience: [everyone]
for: person
assurance: basic
who: {ru: "Любой человек.", en: "Anybody."}
form:
  minutes: 2
  steps:
    - key: matter
      title: {ru: О чём вы пишете, en: What you write about}
      fields:
        - {key: text, type: long-text, label: {ru: Что сломано, en: What is broken}, min: "10", max: "4000", why: {ru: "Это читает сотрудник", en: "An official reads it"}}
        - {key: name, type: name, label: {ru: Ваше имя, en: Your name}, known: applicant.name, why: {ru: "Чтобы обратиться к вам в ответе", en: "To address you in the answer"}}
steps:
  - {key: answer, kind: decide, title: {ru: Сотрудник решает, en: An official decides}, by: official, queue: letters, within: 5 working days, may-ask: 10 calendar days, approved: letter}
  - {key: letter, kind: issue, title: {ru: Отправляем ответ, en: Sending the answer}}
term: 8 working days
grounds:
  - key: unreadable
    words: {ru: "Из текста не понять, что сломано", en: The text does not tell what is broken}
    instead: {ru: "Напишите ещё раз: что и где.", en: "Write again: what and where."}
    law: {ru: "Закон № 59-ФЗ, статья 11, часть 4.1", en: "Law No. 59-FZ, article 11, part 4.1"}
appeal:
  where: {ru: "Мэрия или суд", en: "City Hall or a court"}
  how: {ru: "Нажмите «Не согласен» на странице дела.", en: "Press “I disagree” on the case's page."}
  days: 90
  law: {ru: "Закон № 59-ФЗ, статья 5, пункт 4", en: "Law No. 59-FZ, article 5, point 4"}
result: {key: bench-done, title: {ru: Исправлено, en: Mended}, text: {ru: "Город исправил поломку.", en: "The city has mended it."}}
examples:
  - key: lamp
    title: {ru: Фонарь, en: A lamp}
    today: 2026-11-21
    applicant: {name: {surname: Ковалёв, given: Борис, patronymic: Олегович}, birth: "1979-09-30", snils: "11223344696", phone: "+79165550102", verified: true}
    answers: {text: "Не горит фонарь у подъезда.", name: {surname: Ковалёв, given: Борис, patronymic: Олегович}}
    expect: {asked: [text, name]}
`

// withReport is a city's folder with that service in it.
func withReport(files fs.FS) fs.FS {
	out := fstest.MapFS{"services/bench-report.yaml": {Data: []byte(report)}}
	_ = fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error { // what can't be read the city's check misses
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, name)
		out[name] = &fstest.MapFile{Data: data}
		return err
	})
	return out
}
