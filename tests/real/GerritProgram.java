import com.google.gerrit.pgm.util.AbstractProgram;
import java.util.Arrays;

/** Runs one of Gerrit's own programs (Init, Daemon) from its libraries; gerrit.war itself is in no registry. */
public class GerritProgram {
  public static void main(String[] arguments) throws Exception {
    Class<?> program = Class.forName("com.google.gerrit.pgm." + arguments[0]);
    AbstractProgram made = (AbstractProgram) program.getDeclaredConstructor().newInstance();
    System.exit(made.main(Arrays.copyOfRange(arguments, 1, arguments.length)));
  }
}
