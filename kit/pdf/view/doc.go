// Package view looks into PDF files that people send: whether one can be opened at all, how many pages it has, what its
// first page looks like and what it says.
//
// The reader is PDFium, as browsers have it, compiled to WebAssembly. It runs in a sandbox of its own inside this process:
// with no files, no network and bounded memory, one fresh instance a document. Whatever a document does to its reader ends
// with the instance. A document that takes too long is left.
//
// Starting the reader costs some seconds and 100 MB, so it starts with the first document and ends when none came for a
// while. It owns nothing on the disk. Its neighbour is core/document. Life cycle: New, Read from anywhere, Close.
package view
