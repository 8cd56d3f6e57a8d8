package javax.activation;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Stands for a class that Java no longer brings along and the checker asks for. */
public interface DataSource {
	InputStream getInputStream() throws IOException;

	OutputStream getOutputStream() throws IOException;

	String getContentType();

	String getName();
}
