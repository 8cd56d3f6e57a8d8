package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"posad.city/core/talk"
	"posad.city/kit/lang"
)

// talking are the flags of posad talk.
type talking struct {
	address, contact, token string
	child, whom, about      string
	try, as                 string
	lang                    lang.Language
	in                      *bufio.Reader
	out                     io.Writer
}

// errEnded says that nothing more can be read: the person has hung up. What was answered is kept.
var errEnded = errors.New("the conversation was cut off; answers so far are kept in the draft")

func talkCommand() command {
	return command{name: "talk", args: "SERVICE --address URL | SERVICE --try DIR", short: "fills in an application by conversation", flags: talkFlags, long: `
Asks for a service in plain text, one question at a time, and understands replies as people write them; “help” tells what can
be said. With --address it talks to a city that runs: it signs in by a code sent to an e-mail or phone (or by --token),
keeps every answer in the draft, sends files by their path, and sends the application once it is confirmed. With --try it
needs no server: it takes a folder of definitions and the person of one of the service's examples, and prints what would be
sent. Both read and write plain lines, so that they work over a pipe.`}
}

func talkFlags(set *flag.FlagSet) func(context.Context, []string) error {
	t := talking{}
	readLang := langFlag(set)
	set.StringVar(&t.address, "address", "", "the portal's address, for example https://kitezh.example")
	set.StringVar(&t.contact, "contact", "", "e-mail or phone to sign in by; left out: it is asked")
	set.StringVar(&t.token, "token", "", "token of a session, in place of signing in")
	set.StringVar(&t.child, "child", "", "id of the child for whom one applies")
	set.StringVar(&t.whom, "for", "", "id of the person or organisation for whom one applies by mandate")
	set.StringVar(&t.about, "about", "", "number of the case that it is about")
	set.StringVar(&t.try, "try", "", "folder of definitions: talk without a server, nothing is sent")
	set.StringVar(&t.as, "as", "", "with --try: key of the example whose person one is; left out: the first")
	return func(ctx context.Context, args []string) error {
		l, err := readLang()
		if err != nil {
			return err
		}
		if len(args) != 1 || (t.address == "") == (t.try == "") {
			return errors.New("name one service, and --address URL or --try DIR")
		}
		t.lang, t.in, t.out = l, bufio.NewReader(os.Stdin), os.Stdout
		if t.try != "" {
			return t.tryOut(args[0])
		}
		return t.online(ctx, args[0])
	}
}

// say writes what the city says.
func (t talking) say(text string) {
	if text = strings.TrimRight(text, "\n"); text != "" {
		fmt.Fprintf(t.out, "%s\n\n", text)
	}
}

// hear reads one line; errEnded at the end of the input.
func (t talking) hear() (string, error) {
	fmt.Fprint(t.out, "> ")
	line, err := t.in.ReadString('\n')
	fmt.Fprintln(t.out)
	if err != nil && line == "" {
		if errors.Is(err, io.EOF) {
			return "", errEnded
		}
		return "", err
	}
	return strings.TrimSpace(line), nil
}

// kept is what is said when the person has had enough.
func (t talking) kept() {
	words := "Your answers are kept. Come back when you like."
	if t.lang == lang.Russian {
		words = "Ответы сохранены. Возвращайтесь, когда удобно."
	}
	t.say(words)
}

// again tells whether a conversation goes on after what was heard.
func again(act talk.Act) bool { return act == talk.None }
