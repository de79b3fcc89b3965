import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class Operaton {
  public static void main(String[] arguments) {
    SpringApplication.run(Operaton.class, arguments);
  }
}
