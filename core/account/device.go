package account

import "strings"

// device names the browser and the system of a User-Agent header in words that a person knows theirs by: "Firefox,
// Linux". It is empty when neither is known; nothing is decided by it.
func device(agent string) string {
	var words []string
	for _, list := range [][][2]string{browsers, systems} {
		for _, pair := range list {
			if strings.Contains(agent, pair[0]) {
				words = append(words, pair[1])
				break
			}
		}
	}
	return strings.Join(words, ", ")
}

// The marks are in the order of asking: most browsers name their forebears too.
var browsers = [][2]string{
	{"YaBrowser/", "Яндекс Браузер"}, {"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Vivaldi/", "Vivaldi"}, {"SamsungBrowser/", "Samsung Internet"},
	{"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"},
}

var systems = [][2]string{
	{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
}
