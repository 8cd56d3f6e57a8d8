// Package picture makes a photo that somebody sent fit to be kept: turned the way it was held, small enough to be read, and
// with nothing in it but what is seen.
//
// A picture is always decoded and written anew. So its metadata goes (where it was taken, by whom, with what), and so does
// whatever else hid in the file beside the picture. The orientation that a camera notes in EXIF is read before, since
// without it the picture would lie on its side.
//
// A small file can describe a picture that fills all memory. The header is read first, the memory that decoding takes is
// bounded by it, and few pictures are decoded at a time. JPEG and PNG only: HEIC has no decoder of a licence and a language
// that the house takes, and is passed by.
//
// It owns nothing and keeps nothing. Its neighbour is core/document.
package picture
