package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/russian"

	"posad.city/kit/lang"
)

// stemOf is a word without its endings; empty for a word that carries no meaning alone (in, the).
func stemOf(word string) string {
	if silent[word] {
		return ""
	}
	if letter, size := utf8.DecodeRuneInString(word); size == len(word) && !unicode.IsDigit(letter) {
		return "" // a letter alone
	}
	env := snowballstem.NewEnv(word)
	if scriptOf(word) == lang.Russian {
		russian.Stem(env)
	} else {
		english.Stem(env)
	}
	return env.Current()
}

// set makes a lookup of words.
func set(texts ...string) map[string]bool {
	out := map[string]bool{}
	for _, text := range texts {
		for word := range strings.FieldsSeq(text) {
			out[word] = true
		}
	}
	return out
}

// silent words are never looked for.
var silent = set(
	`для из до над под и в во что он на я с со а то все она так его но да ты к у же вы за бы по только ее мне было вот от меня о об из ему теперь даже ну ли или быть был была
	были него до вас вам там потом себя ей они тут есть ней мы тебя их чем сам сама чтоб чтобы будто раз тоже себе под будет ж тогда тот этого этот эта это
	эти эту этом эту какой какая какие какую каких совсем ним здесь мой моя мое мои моего моей моему мою моих моим свой своя свое свои своего своей своему своим свою своих
	нас нам наш наша наше наши нашего нашей нашу наших ваш ваша ваше тем бывает можно при хоть через про всего всех более меньше конечно всю между пожалуйста
	как где куда когда откуда кто кому чего чему почему зачем сколько который которая которые которую ка-то если уже еще очень мочь могу может можем можете
	нужно нужен нужна нужны надо хочу хотим хочет хочется требуется`,
	`a an the of for to in on at by with and or is are was were be been being am i me my mine we us our ours you your yours he him his she her it its they them their this that
	these those do does did done doing how what which who whom when where why can could should would will shall may might must need needs needed want wants wanted
	have has had having if from as so there here about please some any then than also into onto up just let lets via im ive id ll ve re don didn doesn isn`)

// faint words say little alone: what nearly every query and every service may hold. They count, but for a part of their
// rarity.
var faint = stemmed(faintness,
	`не нет без после перед новый другой получить получать оформить оформлять оформление сделать делать подать подача взять дать давать узнать заявление заявить
	документ документы бумага услуга город городской дело человек хороший случай помочь идти обратиться обращаться онлайн интернет сайт год лет день месяц время дальше`,
	`no not without after before new other another get getting make apply application submit document documents paper papers service city form online request
	person people give take go going time year month day good case use live someone something`)

// faintness is the part of its rarity that a faint word keeps.
const faintness = 0.4

func stemmed(value float64, texts ...string) map[string]float64 {
	out := map[string]float64{}
	for word := range set(texts...) {
		out[stemOf(word)] = value
	}
	return out
}

// emphasis is the part of its rarity that a stem keeps.
func emphasis(stem string) float64 {
	if value, ok := faint[stem]; ok {
		return value
	}
	return 1
}
