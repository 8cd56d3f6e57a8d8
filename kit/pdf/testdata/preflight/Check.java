import java.io.File;
import org.apache.pdfbox.preflight.PreflightDocument;
import org.apache.pdfbox.preflight.ValidationResult;
import org.apache.pdfbox.preflight.exception.SyntaxValidationException;
import org.apache.pdfbox.preflight.parser.PreflightParser;

/** Tells a line for each rule of PDF/A-1b that a file breaks. */
public class Check {
	public static void main(String[] names) throws Exception {
		for (String name : names) {
			for (ValidationResult.ValidationError e : check(new File(name)).getErrorsList()) {
				System.out.println(new File(name).getName() + " " + e.getErrorCode() + " " + e.getDetails());
			}
		}
		System.out.println("checked");
	}

	static ValidationResult check(File file) throws Exception {
		PreflightParser parser = new PreflightParser(file);
		try {
			parser.parse();
		} catch (SyntaxValidationException e) {
			return e.getResult();
		}
		try (PreflightDocument document = parser.getPreflightDocument()) {
			document.validate();
			return document.getResult();
		}
	}
}
