package asic

import (
	"errors"
	"strconv"
)

// The names of a container's files, as X-Road has them.
const (
	NameMessage     = "message.xml" // the head of a message; of a REST message it is no XML whatever its name
	nameMimeType    = "mimetype"
	nameSignatures  = "META-INF/signatures.xml"
	nameManifest    = "META-INF/manifest.xml"
	nameChain       = "sig-hashchain.xml"
	nameChainResult = "sig-hashchainresult.xml"
)

// PartName is what the part of a message in that place is called: the head first, then its attachments from 1. Names follow
// from places, since X-Road's chain signs places and no names.
func PartName(place int) string {
	if place == 0 {
		return NameMessage
	}
	return "attachment" + strconv.Itoa(place)
}

// MimeType is a container's media type.
const MimeType = "application/vnd.etsi.asic-e+zip"

// The namespaces.
const (
	spaceASiC     = "http://uri.etsi.org/02918/v1.2.1#"
	spaceDS       = "http://www.w3.org/2000/09/xmldsig#"
	spaceXAdES    = "http://uri.etsi.org/01903/v1.3.2#"
	spaceChain    = "http://cyber.ee/hashchain"
	spaceManifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
)

// The methods.
const (
	methodSHA256     = "http://www.w3.org/2001/04/xmlenc#sha256"
	methodSHA384     = "http://www.w3.org/2001/04/xmldsig-more#sha384"
	methodSHA512     = "http://www.w3.org/2001/04/xmlenc#sha512"
	methodExclusive  = "http://www.w3.org/2001/10/xml-exc-c14n#"
	methodInclusive  = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
	methodECDSA      = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha" // and 256, 384 or 512
	methodRSA        = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha"   // and 256, 384 or 512
	typeSignedFields = "http://uri.etsi.org/01903#SignedProperties"
)

// The errors of verification. What the container held is never part of them.
var (
	ErrContainer = errors.New("asic: this is no container as it should be")
	ErrSignature = errors.New("asic: the signature does not fit")
	ErrDigest    = errors.New("asic: what was signed was changed")
	ErrChain     = errors.New("asic: the message is not in the signed batch")
	ErrUntrusted = errors.New("asic: the signer is not trusted")
)
